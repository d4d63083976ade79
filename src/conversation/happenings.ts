import { SILENCE_MS } from '../flows/compile.ts';
import type { Answer, Event } from './conversation.ts';
import { isUnderDuress } from './duress.ts';
import { FLOW_TIMER, runFlow } from './flow-run.ts';
import { changeState, sayService, setContact, type Turn } from './turn.ts';

/** Time passed. The row was still there and its epoch is the conversation's, or this would not have been called. */
export function timerFired(turn: Turn, { name, event }: Extract<Event, { type: 'timerFired' }>): Answer {
  const { conversation, known } = turn;
  turn.unprompted = true;
  if (event.for === 'forget') {
    const { [event.event]: _, ...kept } = conversation.slots;
    conversation.slots = kept;
    turn.effects.push({ type: 'cancelTimer', name });
    return { ok: true, seq: conversation.lastSeq };
  }
  if (event.for === 'silence') {
    turn.effects.push({ type: 'tellDesk', kind: 'silent' });
    return { ok: true, seq: conversation.lastSeq };
  }
  if (event.for === 'lifecycle') {
    const minutes = changeState(turn, { type: asAfter(event.event) });
    if (minutes !== null && conversation.state === 'waiting' && !isUnderDuress(conversation)) {
      sayService(turn, 'waiting.still', { count: minutes });
      if (!known.onDuty) sayService(turn, 'waiting.nobody');
    }
    return { ok: true, seq: conversation.lastSeq };
  }
  if (conversation.place === null || conversation.state === 'withWorker')
    return { ok: true, seq: conversation.lastSeq };
  // Whoever is fetched a person keeps the question open; sleep is for those whom nobody waits for.
  if (conversation.state === 'waiting') {
    const dueAt = known.now + SILENCE_MS[conversation.channel];
    turn.effects.push({ type: 'setTimer', name: FLOW_TIMER, dueAt, event });
    return { ok: true, seq: conversation.lastSeq };
  }
  runFlow(turn, { event: { type: asAfter(event.event) } }, { nudged: event.nudged ?? false });
  return { ok: true, seq: conversation.lastSeq };
}

/** They pressed exit or left: the session ends, the conversation and its place in the queue do not. */
export function left(turn: Turn): Answer {
  setContact(turn, { reachability: 'left' });
  turn.effects.push({ type: 'endSession' }, { type: 'tellDesk', kind: 'left' });
  return { ok: true, seq: turn.conversation.lastSeq };
}

/** The network refused a text for good: the desk sees that this phone cannot be reached, and why. */
export function textFailed(turn: Turn, { stopped }: Extract<Event, { type: 'textFailed' }>): Answer {
  setContact(turn, { reachability: stopped ? 'stopped' : 'failed' });
  turn.effects.push({ type: 'tellDesk', kind: 'delivery' });
  return { ok: true, seq: turn.conversation.lastSeq };
}

/** A text arrived, or was held back: whoever looks at this chat at the desk sees it. */
export function textMoved(turn: Turn): Answer {
  if (turn.conversation.state !== 'bot') turn.effects.push({ type: 'tellDesk', kind: 'delivery' });
  return { ok: true, seq: turn.conversation.lastSeq };
}

function asAfter(name: string): `xstate.after.${string}` {
  return `xstate.after.${name.replace(/^xstate\.after\./, '')}`;
}
