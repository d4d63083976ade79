import { type ReactNode, type Ref, useState } from 'react';
import { Button } from 'react-aria-components/Button';
import type { DeskConversation } from '../../channels/protocol.ts';
import { CloseDialog } from './close.tsx';
import { HandBackDialog } from './hand-back.tsx';
import { reasonWords } from './queue.tsx';
import { SeverityMark } from './severity.tsx';
import { clockTime } from './time.ts';
import { words } from './words.ts';

const w = words.chat;
const languages = new Intl.DisplayNames('en-GB', { type: 'language' });

type Props = {
  chat: DeskConversation;
  mine: boolean;
  now: number;
  title: Ref<HTMLHeadingElement>;
  back: ReactNode;
};

/** Who this is, why a person is needed, whether texting is safe, and what the owner can do with the chat. */
export function ChatHeader({ chat, mine, now, title, back }: Props) {
  const [dialog, setDialog] = useState<'handBack' | 'close' | null>(null);
  const done = () => setDialog(null);
  return (
    <header className="chat-head">
      <div className="chat-title">
        {back}
        <h2 ref={title} tabIndex={-1}>
          {chat.label}
        </h2>
        <SeverityMark severity={chat.severity} />
        {mine && (
          <div className="buttons">
            <Button onPress={() => setDialog('handBack')}>{w.handBack}</Button>
            <Button onPress={() => setDialog('close')}>{w.close}</Button>
          </div>
        )}
      </div>
      <Facts chat={chat} />
      <Cautions chat={chat} now={now} />
      <HandBackDialog chat={chat} isOpen={dialog === 'handBack'} onClose={done} />
      <CloseDialog chat={chat} isOpen={dialog === 'close'} onClose={done} />
    </header>
  );
}

function languageName(code: string): string {
  try {
    return languages.of(code) ?? code;
  } catch {
    return code;
  }
}

function Facts({ chat }: { chat: DeskConversation }) {
  const who = chat.owner === null ? words.state[chat.state] : words.queue.with(chat.owner.name);
  return (
    <p className="facts">
      <span>
        {w.reason}: <b>{reasonWords(chat)}</b>
      </span>
      <span>{words.channel[chat.channel]}</span>
      <span>{chat.state === 'closed' ? words.state.closed : who}</span>
      <span>{languageName(chat.language)}</span>
      <span>
        {w.flow} {chat.flow}, {chat.step}
      </span>
      {chat.texting?.may === true && <span>{w.mayText}</span>}
    </p>
  );
}

function Cautions({ chat, now }: { chat: DeskConversation; now: number }) {
  const left = chat.leftAt !== null && chat.leftAt >= chat.lastInboundAt ? chat.leftAt : null;
  return (
    <>
      {chat.texting?.may === false && <p className="caution">{words.notTexting[chat.texting.why]}</p>}
      {left !== null && <p className="caution">{w.left(clockTime(left, now))}</p>}
    </>
  );
}
