import type { Choice, From } from '../channels/protocol.ts';
import { mayText, packTexts, plainForSms } from '../channels/texting.ts';
import type { Vars } from '../words.ts';
import type { Advanced, Answer, Contactable, Conversation, Effect, Known } from './conversation.ts';
import { type LifecycleEvent, moveLifecycle } from './lifecycle.ts';
import { lineVars } from './lines.ts';

/**
 * One decision in the making: the conversation as it will be, and the effects so far. It lives only inside
 * {@link advance}; nothing outside sees it half done.
 */
export type Turn = {
  conversation: Conversation;
  effects: Effect[];
  known: Known;
  vars: Vars;
  /** Time caused this, not they: a text is then a surprise, however lately they wrote. */
  unprompted: boolean;
  /** A flow has asked that this chat be destroyed. */
  deletes: boolean;
};

/** Begins a decision on a copy: the conversation given in is not changed. */
export function beginTurn(conversation: Conversation, known: Known): Turn {
  const own = { ...conversation, contact: { ...conversation.contact } };
  return { conversation: own, effects: [], known, vars: {}, unprompted: false, deletes: false };
}

/** Ends a decision: what it said goes out as texts too, where the conversation is by SMS. */
export function endTurn(turn: Turn, answer: Answer): Advanced {
  if (turn.conversation.channel === 'sms') addTexts(turn);
  return { conversation: turn.conversation, effects: turn.effects, answer };
}

/** The lines that one turn says go out as few texts as they fit in. */
function addTexts(turn: Turn): void {
  const lines = turn.effects
    .filter(effect => effect.type === 'say')
    .map(({ seq, from, text, choices }) => {
      const options = choices.map((choice, i) =>
        serviceLine(turn, 'sms.option', { n: i + 1, label: choice.label }),
      );
      return { seq, from, body: plainForSms([text, ...options].join('\n')) };
    });
  turn.effects.push(...packTexts(lines).map(line => ({ type: 'text' as const, ...line })));
}

type Said = {
  from: Exclude<From, 'you'>;
  text: string;
  choices?: Choice[];
  authorId?: string;
  clientId?: string;
};

/** Says a line, unless it would be a text to a phone that must not be texted now. Returns its number, or null. */
export function say(turn: Turn, line: Said): number | null {
  const { conversation, known } = turn;
  if (conversation.channel === 'sms' && line.from !== 'worker') {
    const phone = { ...conversation.contact, lastInboundAt: conversation.lastInboundAt };
    // Who said "not now", or another time of day, is not surprised either.
    const unwelcome = phone.safeToText === 'notNow' || phone.safeToText === 'onlyBetween';
    const lastInboundAt = turn.unprompted && unwelcome ? Number.NEGATIVE_INFINITY : phone.lastInboundAt;
    if (!mayText({ ...phone, lastInboundAt }, 'service', known.now).may) return null;
  }
  conversation.lastSeq += 1;
  conversation.lastMessageAt = known.now;
  turn.effects.push({
    type: 'say',
    seq: conversation.lastSeq,
    from: line.from,
    text: line.text,
    choices: line.choices ?? [],
    authorId: line.authorId ?? null,
    clientId: line.clientId ?? null,
  });
  return conversation.lastSeq;
}

/** One of the fixed lines, in the language of the conversation. */
export function serviceLine(turn: Turn, key: string, vars: Vars = {}): string {
  const { conversation, known } = turn;
  return known.bundle.words.text(
    'service',
    key,
    conversation.language,
    lineVars(known, conversation.language, vars),
  );
}

/** A text of the flow that is running, in the language of the conversation. Nothing is worked out that it does not name. */
export function flowLine(turn: Turn, key: string): string {
  const { conversation, known } = turn;
  const { results, slots, language, place } = conversation;
  const others = lineVars(known, language, turn.vars);
  const value = (name: string) => {
    if (Object.hasOwn(turn.vars, name)) return turn.vars[name];
    // What was found some turns ago is still listed; opening hours are looked at anew.
    if (name !== 'numbers' && results[name]) return results[name].map(({ line }) => line).join('\n');
    const slot = slots[name];
    return slot === undefined ? others(name) : labelOfSlot(turn, name, slot);
  };
  return known.bundle.words.text(place?.flow ?? '', key, language, value);
}

/** What somebody chose is told by the label that they read, not by the name that we keep. */
function labelOfSlot({ conversation, known }: Turn, slot: string, value: string): string {
  const compiled = known.bundle.flows.get(conversation.place?.flow ?? '');
  for (const { id, kind } of compiled?.flow.steps ?? []) {
    if (kind.kind !== 'ask' || kind.save !== slot) continue;
    if (kind.choices.some(choice => choice.id === value))
      return known.bundle.words.text(
        compiled?.flow.flow ?? '',
        `${id}.choices.${value}`,
        conversation.language,
      );
  }
  return value;
}

/** Says one of the fixed lines. Returns its number, or null when it may not be texted. */
export function sayService(turn: Turn, key: string, vars: Vars = {}): number | null {
  return say(turn, { from: 'service', text: serviceLine(turn, key, vars) });
}

/** Moves the lifecycle, with its timers. Returns the minutes after which a waiting person is told again, if it is time. */
export function changeState(turn: Turn, event: LifecycleEvent): number | null {
  const { conversation, known, effects } = turn;
  const moved = moveLifecycle(conversation.state, event);
  conversation.state = moved.state;
  let minutes: number | null = null;
  for (const output of moved.outputs) {
    if (output.type === 'tellAgain') minutes = output.minutes;
    else if (output.type === 'cancelTimer') effects.push({ type: 'cancelTimer', name: output.name });
    else
      effects.push({
        type: 'setTimer',
        name: output.name,
        dueAt: known.now + output.delayMs,
        event: { for: 'lifecycle', event: output.name },
      });
  }
  return minutes;
}

/** Puts the conversation in the queue, if nobody has it, and tells the desk. Returns whether it was not there before. */
export function bringPerson(turn: Turn): boolean {
  const { conversation, known } = turn;
  const before = conversation.state;
  changeState(turn, { type: 'personNeeded' });
  const isNew = before === 'bot' && conversation.state === 'waiting';
  if (isNew) conversation.waitingSince = known.now;
  turn.effects.push({ type: 'tellDesk', kind: isNew ? 'waiting' : 'alert' });
  return isNew;
}

/** Changes how the person can be reached. */
export function setContact(turn: Turn, change: Partial<Contactable>): void {
  Object.assign(turn.conversation.contact, change);
  turn.effects.push({ type: 'setContact', contact: { ...turn.conversation.contact } });
}
