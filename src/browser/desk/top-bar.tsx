import { useEffect, useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { Switch } from 'react-aria-components/Switch';
import type { DeskRow, Me } from '../../channels/protocol.ts';
import { api } from './api.ts';
import { useCell } from './cell.ts';
import { DeskDialog } from './dialog.tsx';
import { drafts } from './drafts.ts';
import { client, outbox, whoIsHere } from './server.ts';
import { ringTwoTones, soundReady } from './sound.ts';
import { words } from './words.ts';

type Props = { me: Me; mine: DeskRow[]; onSignedOut: () => void };

/** Duty, sound and sign out. */
export function TopBar({ me, mine, onSignedOut }: Props) {
  const ready = useCell(soundReady);
  return (
    <header className="top">
      <div className="top-row">
        <h1>{words.app.name}</h1>
        {me.trial && <span className="tag">{words.app.trial}</span>}
        <span className="person">{me.name}</span>
        <Button onPress={ringTwoTones}>{words.app.testSound}</Button>
        <SignOut mine={mine} onSignedOut={onSignedOut} />
      </div>
      <Duty me={me} chats={mine.length} />
      {!ready && <p className="hint">{words.app.soundOff}</p>}
    </header>
  );
}

function Duty({ me, chats }: { me: Me; chats: number }) {
  const w = words.duty;
  const [working, setWorking] = useState(false);
  const [problem, setProblem] = useState('');
  const onDuty = me.onDutySince !== null;

  async function change(to: boolean) {
    if (working) return;
    setWorking(true);
    setProblem('');
    const answer = to ? await api.startShift() : await api.endShift();
    if (answer.kind !== 'ok') {
      setProblem((answer.kind === 'refused' && answer.refusal.message) || w.failed);
    }
    await client.refetchQueries({ queryKey: whoIsHere.queryKey });
    setWorking(false);
  }

  const off = chats > 0 ? w.offWithChats(chats) : w.off;
  return (
    <div className={onDuty ? 'duty on' : 'duty'}>
      <Switch
        isSelected={onDuty}
        onChange={to => void change(to)}
        aria-describedby="duty-means"
        className="switch"
      >
        <span className="track" aria-hidden="true" />
        {w.label}
      </Switch>
      <span id="duty-means">{onDuty ? w.on : off}</span>
      <span role="alert" className="error">
        {problem}
      </span>
    </div>
  );
}

function SignOut({ mine, onSignedOut }: Pick<Props, 'mine' | 'onSignedOut'>) {
  const w = words.leaving;
  const [asking, setAsking] = useState(false);
  const [problem, setProblem] = useState('');
  const drafted = useCell(drafts);
  const outgoing = useCell(outbox.messages);
  const unsent = drafted.size > 0 || outgoing.some(message => message.state !== 'sent');
  useEffect(() => {
    if (!unsent) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [unsent]);

  async function leave() {
    setProblem('');
    const answer = await api.signOut();
    if (answer.kind === 'lost') setProblem(words.app.signOutFailed);
    else onSignedOut();
  }
  const ask = unsent || mine.length > 0;
  return (
    <>
      <Button onPress={() => (ask ? setAsking(true) : void leave())}>{words.app.signOut}</Button>
      {!asking && (
        <span role="alert" className="error">
          {problem}
        </span>
      )}
      <DeskDialog title={w.title} isOpen={asking} onClose={() => setAsking(false)}>
        {unsent && <p>{w.text}</p>}
        {mine.length > 0 && <p>{w.mine}</p>}
        <p role="alert" className="error">
          {problem}
        </p>
        <div className="buttons">
          <Button className="primary" onPress={() => void leave()}>
            {w.submit}
          </Button>
          <Button onPress={() => setAsking(false)}>{words.app.cancel}</Button>
        </div>
      </DeskDialog>
    </>
  );
}
