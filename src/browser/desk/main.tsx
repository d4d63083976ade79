import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { client } from './server.ts';
import { waitForGesture } from './sound.ts';
import './base.css';
import './desk.css';
import './chat.css';

/** The invitation's token from `/#invitation=…`, taken out of the address bar and history at once. */
function takeInvitation(): string | null {
  const token = new URLSearchParams(location.hash.slice(1)).get('invitation');
  if (location.hash !== '') history.replaceState(null, '', location.pathname);
  return token;
}

const place = document.getElementById('desk');
if (place !== null) {
  const invitation = takeInvitation();
  // A link opened in a tab where the desk already is changes only the fragment.
  window.addEventListener('hashchange', () => location.hash.startsWith('#invitation=') && location.reload());
  waitForGesture();
  createRoot(place).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <App invitation={invitation} />
      </QueryClientProvider>
    </StrictMode>,
  );
}
