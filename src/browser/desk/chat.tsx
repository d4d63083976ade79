import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Button } from 'react-aria-components/Button';
import type { DeskConversation, Me } from '../../channels/protocol.ts';
import { useCell } from './cell.ts';
import { ChatHeader } from './chat-header.tsx';
import { Claim } from './claim.tsx';
import { Composer, KeptWords } from './composer.tsx';
import { draftIn, drafts, giveBack } from './drafts.ts';
import { Log } from './log.tsx';
import { NoAnswer, outbox, theConversation } from './server.ts';
import { words } from './words.ts';

const w = words.chat;

type Props = {
  id: string;
  me: Me;
  now: number;
  onBack: () => void;
  onSeen: (id: string, seq: number) => void;
};

/** One open chat: who it is, what was said, and where the worker writes when it is theirs. */
export function Chat({ id, me, now, onBack, onSeen }: Props) {
  const chat = useQuery(theConversation(id));
  const back = (
    <Button className="back" aria-label={w.backToLists} onPress={onBack}>
      {w.back}
    </Button>
  );
  const refused = chat.error instanceof NoAnswer && chat.error.refusal !== null ? chat.error : null;
  if (refused !== null && refused.status !== 401) {
    return (
      <div className="no-chat">
        {back}
        <h2>{w.gone}</h2>
        <p role="alert">{refused.refusal?.message}</p>
      </div>
    );
  }
  if (chat.data === undefined) {
    return (
      <div className="no-chat">
        {back}
        <p role="status">{chat.isError ? words.app.unreachable : words.app.loading}</p>
      </div>
    );
  }
  return <Loaded chat={chat.data} me={me} now={now} onSeen={onSeen} back={back} />;
}

type LoadedProps = Pick<Props, 'me' | 'now' | 'onSeen'> & { chat: DeskConversation; back: ReactNode };

function Loaded({ chat, me, now, onSeen, back }: LoadedProps) {
  const { id } = chat;
  const title = useRef<HTMLHeadingElement>(null);
  const box = useRef<HTMLTextAreaElement>(null);
  const mine = chat.owner?.id === me.id && chat.state === 'withWorker';
  const [wasMine, setWasMine] = useState<boolean | null>(null);
  const draft = draftIn(useCell(drafts), id);
  const newest = chat.events.at(-1)?.seq ?? 0;
  const outgoing = useCell(outbox.messages).filter(
    message => message.conversation === id && (message.seq === null || message.seq > newest),
  );

  useEffect(() => {
    onSeen(id, chat.lastSeq);
    outbox.shown(id, newest);
  }, [id, chat.lastSeq, newest, onSeen]);

  // On opening, and when the chat becomes mine or stops being mine, go to where the worker goes on.
  useEffect(() => {
    if (wasMine === mine) return;
    setWasMine(mine);
    const roomy = window.matchMedia('(min-width: 48rem)').matches;
    if (mine && (roomy || wasMine === false)) box.current?.focus();
    else title.current?.focus();
  }, [mine, wasMine]);

  const takeBack = () => giveBack(id, outbox.takeBack(id), 'tookBack');
  return (
    <>
      <ChatHeader chat={chat} mine={mine} now={now} title={title} back={back} />
      <Log chat={chat} me={me} now={now} outgoing={outgoing} onTakeBack={takeBack} />
      <div className="foot">
        {!mine && <Claim chat={chat} />}
        {mine && <Composer chat={chat} draft={draft} box={box} outgoing={outgoing} />}
        {!mine && (draft.text !== '' || draft.returned !== null) && <KeptWords id={id} draft={draft} />}
      </div>
    </>
  );
}
