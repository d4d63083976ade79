import { type KeyboardEvent, type RefObject, useId } from 'react';
import { Button } from 'react-aria-components/Button';
import { Label, TextArea, TextField } from 'react-aria-components/TextField';
import { type DeskConversation, MAX_TEXT } from '../../channels/protocol.ts';
import { type Draft, keepDraft, keepTyped } from './drafts.ts';
import type { Outgoing } from './outbox.ts';
import { Returned } from './returned.tsx';
import { smsSegments } from './segments.ts';
import { outbox } from './server.ts';
import { useNow } from './time.ts';
import { words } from './words.ts';

const w = words.composer;
const STUCK_MS = 10_000;
const FEW_TEXTS = 2;

type Props = {
  chat: DeskConversation;
  draft: Draft;
  box: RefObject<HTMLTextAreaElement | null>;
  outgoing: Outgoing[];
};

/** Where the owner writes. Words leave the box only into the outbox, which brings back what is refused. */
export function Composer({ chat, draft, box, outgoing }: Props) {
  const keys = useId();
  const stuck = useStuck(outgoing);
  const over = draft.text.length - MAX_TEXT;
  const clear = draft.text.trim() !== '' && over <= 0 && !stuck;

  function send(kind: Outgoing['kind'], confirmed = false) {
    const text = kind === 'text' ? draft.text.trim() : '';
    if (kind === 'text' && !clear) return;
    keepDraft(chat.id, { text: kind === 'text' ? '' : draft.text, returned: null });
    outbox.send({ conversation: chat.id, epoch: chat.epoch, kind, text, confirmed });
    box.current?.focus();
  }
  function onKeyDown(event: KeyboardEvent) {
    // While an input method composes (accents, Arabic, Chinese), Enter belongs to it.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send('text');
  }

  const neutral = chat.texting?.may === false && chat.texting.why !== 'stopped';
  return (
    <div className="composer">
      {draft.returned !== null && (
        <Returned
          returned={draft.returned}
          texting={chat.texting}
          onAnyway={clear ? () => send('text', true) : null}
          onNeutral={() => send('neutral')}
        />
      )}
      <TextField
        value={draft.text}
        onChange={text => keepTyped(chat.id, text)}
        aria-describedby={keys}
        isInvalid={over > 0}
      >
        <Label>{w.label(chat.label)}</Label>
        <TextArea ref={box} rows={3} dir="auto" onKeyDown={onKeyDown} />
      </TextField>
      <div className="composer-foot">
        <p id={keys} className="hint">
          {w.keys} {chat.channel === 'sms' && <Segments text={draft.text} />}
        </p>
        <div className="buttons">
          {neutral && draft.returned === null && <Button onPress={() => send('neutral')}>{w.neutral}</Button>}
          <Button className="primary" onPress={() => send('text')} isDisabled={!clear}>
            {w.send}
          </Button>
        </div>
      </div>
      <p role="status" className="error">
        {over > 0 && w.tooLong(over)} {stuck && w.stuck}
      </p>
    </div>
  );
}

/** Whether a message has been on its way for 10 s: then writing on is fine, but sending more is not. */
function useStuck(outgoing: Outgoing[]): boolean {
  const now = useNow(1000);
  return outgoing.some(message => message.state !== 'sent' && now - message.since > STUCK_MS);
}

function Segments({ text }: { text: string }) {
  const { count, special } = smsSegments(text);
  if (count === 0) return null;
  return (
    <span className={count > FEW_TEXTS ? 'many' : ''}>
      {count > FEW_TEXTS ? w.partsLong(count) : w.parts(count)} {special && w.special}
    </span>
  );
}

/** Words that were written for a chat which is not mine (any more): to read and copy, or to throw away. */
export function KeptWords({ id, draft }: { id: string; draft: Draft }) {
  return (
    <div className="composer kept">
      {draft.returned !== null && (
        <Returned returned={draft.returned} texting={null} onAnyway={null} onNeutral={null} />
      )}
      <TextField value={draft.text} onChange={text => keepTyped(id, text)}>
        <Label>{w.cannot}</Label>
        <TextArea rows={3} dir="auto" />
      </TextField>
      <div className="buttons">
        <Button onPress={() => keepDraft(id, { text: '', returned: null })}>{w.throwAway}</Button>
      </div>
    </div>
  );
}
