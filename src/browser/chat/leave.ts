import { exitButton } from './parts.ts';

let left = false;
let hangUp = () => {};

/** Whether the page was emptied: from then on nothing may be drawn, asked or sent again. */
export function hasLeft(): boolean {
  return left;
}

/** What closes the socket, once there is one. */
export function onLeaving(close: () => void): void {
  hangUp = close;
}

/** Empties the page at once, before anything that could take time. The title is neutral already and stays. */
function blank(): void {
  left = true;
  for (const field of document.querySelectorAll('textarea')) field.value = '';
  document.body.replaceChildren();
  hangUp();
}

/** Leaves: the screen first, then the session, then the address. */
export function exit(): void {
  blank();
  // Ends the session even if the way out does not load. It must not follow the redirect out of the site.
  fetch('/exit', { method: 'POST', keepalive: true, redirect: 'manual' }).catch(() => {});
  // `replace`, so that Back finds what was before this site: `href` brought whole chats back (security.md M6).
  location.replace('/exit');
}

/** Loads the page afresh in the same history entry: the conversation shown is not the one there is. */
export function startOver(): void {
  location.replace('/');
}

/** Makes the exit immediate, and leaves nothing for Back and Forward to bring back. */
export function watchLeaving(): void {
  exitButton.addEventListener('click', event => {
    event.preventDefault();
    exit();
  });
  addEventListener('pagehide', blank);
  addEventListener('pageshow', event => {
    if (!event.persisted) return;
    blank();
    startOver();
  });
}
