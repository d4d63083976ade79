import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { Desk } from './desk.tsx';
import { drafts } from './drafts.ts';
import { client, outbox, whoIsHere } from './server.ts';
import { SetUp } from './set-up.tsx';
import { SignIn } from './sign-in.tsx';
import { words } from './words.ts';

/** Nothing of one worker may meet the next one at the same computer. */
function forgetWork(): void {
  drafts.set(new Map());
  outbox.clear();
  client.removeQueries({ queryKey: ['desk'] });
  client.removeQueries({ queryKey: ['conversation'] });
}

/** The whole app: set up, sign in, or the desk. `invitation` is the token of an invitation link, if any. */
export function App({ invitation }: { invitation: string | null }) {
  const [token, setToken] = useState(invitation);
  const me = useQuery(whoIsHere);
  const [last, setLast] = useState<string | null>(null);
  const id = me.data?.id ?? null;
  useEffect(() => {
    if (id === null) return;
    if (last !== null && last !== id) forgetWork();
    setLast(id);
    outbox.wake();
  }, [id, last]);

  if (token !== null) {
    const leave = () => {
      setToken(null);
      void me.refetch();
    };
    return <SetUp token={token} onDone={leave} />;
  }
  if (me.data === null) return <SignIn onDone={() => me.refetch()} />;
  if (me.data === undefined) return <NotYet failed={me.isError} onTryAgain={() => void me.refetch()} />;
  if (last !== null && last !== id) return null;
  const signedOut = () => {
    forgetWork();
    client.setQueryData(whoIsHere.queryKey, null);
  };
  return <Desk me={me.data} onSignedOut={signedOut} />;
}

function NotYet({ failed, onTryAgain }: { failed: boolean; onTryAgain: () => void }) {
  return (
    <main className="card">
      <h1>{words.app.name}</h1>
      <p role="status">{failed ? words.app.unreachable : words.app.loading}</p>
      {failed && <Button onPress={onTryAgain}>{words.app.tryAgain}</Button>}
    </main>
  );
}
