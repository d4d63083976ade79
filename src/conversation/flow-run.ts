import type { Choice } from '../channels/protocol.ts';
import { ACTIONS, type Facts } from '../flows/actions.ts';
import {
  enter,
  type FlowContext,
  type FlowEvent,
  type FlowOutput,
  goTo,
  isQuestion,
  type Moved,
  move,
} from '../flows/compile.ts';
import type { Step } from '../flows/flow.ts';
import type { Place, Return } from './conversation.ts';
import { lineVars, numberLines } from './lines.ts';
import { bringPerson, say, sayService, serviceLine, setContact, type Turn } from './turn.ts';

/** More moves than this in one turn is a circle between flows. */
const MAX_MOVES = 50;
/** How far BACK can go. */
const MAX_TRAIL = 8;
/** The one silence timer of a conversation. */
export const FLOW_TIMER = 'flow';

export type Start = { enter: string } | { to: Place } | { event: FlowEvent };
/** How the question at hand is put: `quietly` leaves out the words that say "I did not get that". */
export type Manner = { quietly?: boolean; nudged?: boolean };

/**
 * Runs the flow until it waits for an answer or ends, and says what it says. A mistake in a flow (a step that
 * is gone, a circle, an unknown action) ends with a person and fixed safe words, never in silence.
 */
export function runFlow(turn: Turn, start: Start, manner: Manner = {}): void {
  const { conversation, effects } = turn;
  const before = { ...conversation };
  const done = effects.length;
  try {
    let next: Start | null = start;
    for (let moves = 0; next !== null; moves++) {
      if (moves === MAX_MOVES) throw new Error('The flows run in a circle.');
      next = follow(turn, moveOn(turn, next, manner), manner);
    }
  } catch {
    // Nothing that the broken flow said or changed so far is kept.
    Object.assign(conversation, before);
    effects.length = done;
    flowFailed(turn);
  }
}

function moveOn(turn: Turn, start: Start, manner: Manner): Moved {
  const { conversation, known } = turn;
  const context: FlowContext = {
    misses: conversation.misses,
    nudged: manner.nudged ?? false,
    slots: conversation.slots,
    facts: factsOf(turn),
  };
  const flow = 'enter' in start ? start.enter : 'to' in start ? start.to.flow : conversation.place?.flow;
  const compiled = known.bundle.flows.get(flow ?? '');
  if (!compiled) throw new Error('No such flow.');
  const moved =
    'enter' in start
      ? enter(compiled, fresh(context))
      : 'to' in start
        ? goTo(compiled, start.to.step, fresh(context))
        : move(compiled, conversation.place?.step ?? '', context, start.event);
  conversation.place = { flow: compiled.flow.flow, step: moved.step };
  conversation.misses = moved.context.misses;
  conversation.slots = moved.context.slots;
  return moved;
}

const fresh = (context: FlowContext): FlowContext => ({ ...context, misses: 0, nudged: false });

function factsOf({ conversation, known }: Turn): Facts {
  return {
    channel: conversation.channel,
    language: conversation.language,
    onDuty: known.onDuty ? 'yes' : 'no',
    safeToText: conversation.contact.safeToText,
  };
}

/** Carries out what a move asked for. Returns the next move, if the flow goes on by itself. */
function follow(turn: Turn, moved: Moved, manner: Manner): Start | null {
  const { known, effects } = turn;
  let next: Start | null = null;
  // A re-ask and a nudge put the question again, but do not tell the story before it again.
  const again = moved.outputs.some(output => output.type === 'reask' || output.type === 'nudge');
  let timer: FlowOutput | null = null;
  for (const output of moved.outputs) {
    switch (output.type) {
      case 'say':
        if (!again) sayStep(turn, output.step);
        break;
      case 'ask':
        askStep(turn, output.step);
        break;
      case 'reask':
        if (!manner.quietly) sayService(turn, `reask.${output.times}`);
        break;
      case 'nudge':
        sayService(turn, 'nudge');
        break;
      case 'run':
        next = { event: { type: runAction(turn, output.step) } };
        break;
      case 'call':
        next = call(turn, output.step);
        break;
      case 'handover':
        handOver(turn, moved.step);
        break;
      case 'end':
        next = end(turn, output.as);
        break;
      case 'timer':
      case 'noTimer':
        timer = output;
        break;
    }
  }
  if (timer?.type === 'timer') {
    const nudged = moved.context.nudged;
    effects.push({
      type: 'setTimer',
      name: FLOW_TIMER,
      dueAt: known.now + timer.delayMs,
      event: { for: 'flow', event: timer.event, nudged },
    });
  } else if (timer) effects.push({ type: 'cancelTimer', name: FLOW_TIMER });
  return next;
}

function sayStep(turn: Turn, step: Step): void {
  const sms = turn.conversation.channel === 'sms' && step.sms.say !== null;
  const texts = sms ? (step.sms.say ?? []) : step.say;
  texts.forEach((_, i) => {
    say(turn, { from: 'bot', text: flowLine(turn, `${step.id}.${sms ? 'say_sms' : 'say'}.${i}`) });
  });
}

function askStep(turn: Turn, step: Step): void {
  const { conversation } = turn;
  const sms = conversation.channel === 'sms' && step.sms.ask !== null;
  say(turn, {
    from: 'bot',
    text: flowLine(turn, `${step.id}.${sms ? 'ask_sms' : 'ask'}`),
    choices: choicesOf(turn, step),
  });
}

/** The choices of a question as buttons, and last, always, a person. */
export function choicesOf(turn: Turn, step: Step): Choice[] {
  const { place } = turn.conversation;
  if (step.kind.kind !== 'ask') return [];
  const own = step.kind.choices.map(choice => ({
    value: `${place?.flow}.${step.id}.${choice.id}`,
    label: flowLine(turn, `${step.id}.choices.${choice.id}`),
  }));
  return [...own, { value: PERSON_CHOICE, label: serviceLine(turn, 'choice.person') }];
}

/** The button that is on every question. */
export const PERSON_CHOICE = 'person';

function flowLine(turn: Turn, key: string): string {
  const { conversation, known } = turn;
  const vars = lineVars(known, conversation.language, { ...conversation.slots, ...turn.vars });
  return known.bundle.words.text(conversation.place?.flow ?? '', key, conversation.language, vars);
}

function runAction(turn: Turn, step: Step): 'ok' | 'none' | 'unsure' | 'failed' {
  const { conversation, known } = turn;
  const action = step.kind.kind === 'do' ? ACTIONS[step.kind.action] : undefined;
  if (!action || step.kind.kind !== 'do') throw new Error('No such action.');
  const inputs = Object.fromEntries(
    Object.entries(step.kind.inputs).map(([name, value]) => [
      name,
      value.startsWith('$') ? (conversation.slots[value.slice(1)] ?? '') : value,
    ]),
  );
  const answer = action.decide(inputs, known);
  if (answer.contacts)
    turn.vars = { ...turn.vars, numbers: numberLines(known, conversation.language, answer.contacts) };
  for (const change of answer.changes ?? []) setContact(turn, { safeToText: change.answer });
  return answer.outcome;
}

function call(turn: Turn, step: Step): Start {
  if (step.kind.kind !== 'call' || !turn.conversation.place) throw new Error('Nothing to call.');
  turn.conversation.returns = [
    ...turn.conversation.returns,
    { ...turn.conversation.place, then: 'returned' },
  ];
  return { enter: step.kind.flow };
}

function handOver(turn: Turn, step: string): void {
  const { conversation, known } = turn;
  conversation.place = null;
  conversation.returns = [];
  conversation.misses = 0;
  if (step === '_person') sayService(turn, 'reask.person');
  bringPerson(turn);
  if (!known.onDuty) sayService(turn, 'waiting.nobody');
}

/** A flow ended: back to what called it, or, at the outermost, rest until the next message. */
function end(turn: Turn, as: string): Start | null {
  const { conversation } = turn;
  conversation.place = null;
  conversation.misses = 0;
  if (as === 'asleep') {
    sayService(turn, 'expired');
    conversation.returns = [];
    return null;
  }
  return comeBack(turn);
}

/** Takes up what was left for the flow that just ended. */
function comeBack(turn: Turn): Start | null {
  const { conversation } = turn;
  const last: Return | undefined = conversation.returns.at(-1);
  if (!last) return null;
  conversation.returns = conversation.returns.slice(0, -1);
  conversation.place = { flow: last.flow, step: last.step };
  return last.then === 'returned' ? { event: { type: 'returned' } } : { to: last };
}

function flowFailed(turn: Turn): void {
  turn.conversation.place = null;
  turn.conversation.returns = [];
  sayService(turn, 'flow.failed');
  bringPerson(turn);
  sayService(turn, turn.known.onDuty ? 'waiting.asked' : 'waiting.nobody');
}

/** Remembers the question at hand, so that BACK can find it. */
export function remember(turn: Turn): void {
  const { conversation, known } = turn;
  const { place } = conversation;
  const compiled = known.bundle.flows.get(place?.flow ?? '');
  if (!place || !compiled || !isQuestion(compiled, place.step)) return;
  conversation.trail = [...conversation.trail, place].slice(-MAX_TRAIL);
}
