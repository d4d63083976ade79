import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { Button } from 'react-aria-components/Button';
import type { DeskConversation, DeskEvent, Me } from '../../channels/protocol.ts';
import type { Outgoing } from './outbox.ts';
import { clockTime } from './time.ts';
import { words } from './words.ts';

const w = words.chat;
const NEAR_PX = 80;
/** Safari does not let the keyboard into a scrolling region without it. */
const SCROLLS_BY_KEY = { tabIndex: 0 } as const;

type Props = {
  chat: DeskConversation;
  me: Me;
  now: number;
  outgoing: Outgoing[];
  onTakeBack: () => void;
};

/** Who speaks, by name. `author` is compared with the worker at this desk. */
function speaker(event: DeskEvent, chat: DeskConversation, me: Me): string {
  if (event.from === 'you') return chat.label;
  if (event.from === 'bot') return w.bot;
  if (event.from === 'service') return w.service;
  if (event.author === undefined) return w.worker;
  return event.author === me.name ? w.me(event.author) : event.author;
}

/** All lines of a chat, oldest first, and those still on their way. */
export function Log({ chat, me, now, outgoing, onTakeBack }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const [below, setBelow] = useState(false);
  const newest = chat.events.at(-1)?.seq ?? 0;
  const shown = useRef({ newest: 0, going: 0 });
  const toEnd = useCallback(() => {
    box.current?.scrollTo({ top: box.current.scrollHeight });
    setBelow(false);
  }, []);

  // Follows the newest line only when the worker is looking at the end, or has just written.
  useLayoutEffect(() => {
    const had = shown.current;
    shown.current = { newest, going: outgoing.length };
    if (outgoing.length > had.going || (newest > had.newest && atEnd.current)) toEnd();
    else if (newest > had.newest) setBelow(true);
  }, [newest, outgoing.length, toEnd]);

  // The box shrinks when the composer or a notice below it grows; the newest line must stay in sight.
  useEffect(() => {
    const watch = new ResizeObserver(() => {
      if (atEnd.current) toEnd();
    });
    if (box.current !== null) watch.observe(box.current);
    return () => watch.disconnect();
  }, [toEnd]);

  const onScroll = () => {
    const { scrollHeight = 0, scrollTop = 0, clientHeight = 0 } = box.current ?? {};
    atEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    if (atEnd.current) setBelow(false);
  };
  return (
    <div className="log-frame">
      {/* aria-live off: the announcer below speaks, because some readers repeat a whole log. */}
      <div
        ref={box}
        className="log"
        role="log"
        aria-live="off"
        aria-label={w.log(chat.label)}
        {...SCROLLS_BY_KEY}
        onScroll={onScroll}
      >
        <ol>
          {chat.events.map(event => (
            <Line key={event.seq} event={event} chat={chat} me={me} now={now} />
          ))}
          {outgoing.map(message => (
            <OutgoingLine key={message.client_id} message={message} me={me} onTakeBack={onTakeBack} />
          ))}
        </ol>
      </div>
      {below && (
        <Button className="to-newest" onPress={toEnd}>
          {w.toNewest}
        </Button>
      )}
      <Announcer chat={chat} me={me} />
    </div>
  );
}

/** Speaks a line that came while the chat was open; not the history, and not the worker's own words. */
function Announcer({ chat, me }: { chat: DeskConversation; me: Me }) {
  const last = chat.events.at(-1);
  const [from] = useState(last?.seq ?? 0);
  const speak = last !== undefined && last.seq > from && !(last.from === 'worker' && last.author === me.name);
  return (
    <p className="hidden" aria-live="polite">
      {speak ? `${speaker(last, chat, me)}: ${last.text}` : ''}
    </p>
  );
}

type LineProps = { event: DeskEvent; chat: DeskConversation; me: Me; now: number };

function Line({ event, chat, me, now }: LineProps) {
  const theirs = event.from === 'you' || event.from === 'bot';
  const language = theirs ? { lang: chat.language } : {};
  return (
    <li className={`line from-${event.from}`}>
      <p className="who">
        <b>{speaker(event, chat, me)}</b>{' '}
        <time dateTime={new Date(event.at).toISOString()}>{clockTime(event.at, now)}</time>
      </p>
      <p className="text" dir="auto" {...language}>
        {event.text}
      </p>
      {event.choices !== undefined && event.choices.length > 0 && (
        <p className="choices">
          {w.choices}{' '}
          <span lang={chat.language}>{event.choices.map(choice => choice.label).join(' · ')}</span>
        </p>
      )}
      {event.delivery !== undefined && (
        <p className={`delivery delivery-${event.delivery}`}>{words.delivery[event.delivery]}</p>
      )}
    </li>
  );
}

const PROGRESS: Record<Outgoing['state'], string> = {
  sending: w.sending,
  retrying: w.retrying,
  needSignIn: w.needSignIn,
  sent: w.sent,
};

function OutgoingLine({ message, me, onTakeBack }: { message: Outgoing; me: Me; onTakeBack: () => void }) {
  const stuck = message.state === 'retrying' || message.state === 'needSignIn';
  return (
    <li className={`line from-worker going ${message.state}`}>
      <p className="who">
        <b>{w.me(me.name)}</b>
      </p>
      <p className="text" dir="auto">
        {message.kind === 'neutral' ? w.neutral : message.text}
      </p>
      <p className="delivery" role="status">
        {PROGRESS[message.state]}
      </p>
      {stuck && <Button onPress={onTakeBack}>{w.takeBack}</Button>}
    </li>
  );
}
