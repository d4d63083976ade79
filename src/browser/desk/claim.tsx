import { useState } from 'react';
import { Button } from 'react-aria-components/Button';
import type { DeskConversation, DeskRefusal } from '../../channels/protocol.ts';
import { api } from './api.ts';
import { readAgain } from './server.ts';
import { words } from './words.ts';

const w = words.chat;

/** The sentence for a refused write: the server's own, with the name of who has the chat when it tells. */
export function refusalWords(refusal: DeskRefusal): string {
  const taken = refusal.error === 'takenByOther' && refusal.owner ? w.taken(refusal.owner.name) : '';
  if (refusal.message !== '') return refusal.message;
  return taken || w.stale;
}

/** The big button that makes this chat mine, or why it cannot be. */
export function Claim({ chat }: { chat: DeskConversation }) {
  const [working, setWorking] = useState(false);
  const [problem, setProblem] = useState('');
  const open = chat.state !== 'closed' && chat.owner === null;

  async function claim() {
    if (working) return;
    setWorking(true);
    setProblem('');
    const answer = await api.claim(chat.id, { epoch: chat.epoch });
    if (answer.kind === 'refused') setProblem(refusalWords(answer.refusal));
    if (answer.kind === 'lost') setProblem(w.actionLost);
    await readAgain(chat.id);
    setWorking(false);
  }
  return (
    <div className="claim">
      <p role="alert" className="error">
        {problem}
      </p>
      {chat.state === 'closed' && <p>{w.closed}</p>}
      {chat.state !== 'closed' && chat.owner !== null && <p>{w.withOther(chat.owner.name)}</p>}
      {open && (
        <>
          <Button className="primary big" onPress={() => void claim()}>
            {working ? w.claiming : w.claim(chat.label)}
          </Button>
          <p className="hint">{w.claimHint}</p>
        </>
      )}
    </div>
  );
}
