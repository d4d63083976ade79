import {
  ACTIONS,
  type ActionAnswer,
  type ActionChange,
  ageOf,
  type Facts,
  nationOf,
  PERSON_ABOUT,
} from '../flows/actions.ts';
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
import type { Flow, Step } from '../flows/flow.ts';
import { alwaysWord } from './always-words.ts';
import type { Place, Return } from './conversation.ts';
import { numberLines } from './lines.ts';
import { choicesOf } from './options.ts';
import { bringPerson, flowLine, say, sayService, setContact, type Turn } from './turn.ts';

/** More moves than this in one turn is a circle between flows. */
const MAX_MOVES = 50;
/** How far BACK can go. */
const MAX_TRAIL = 8;
/** The one silence timer of a conversation. */
export const FLOW_TIMER = 'flow';
/** How the timers begin by which what a flow remembers is forgotten; the name of the slot follows. */
export const FORGET = 'forget.';
const KEEP_UNIT_MS = { h: 3_600_000, d: 86_400_000 } as const;

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
  forgetInTime(turn, compiled.flow, moved.context.slots);
  conversation.slots = moved.context.slots;
  return moved;
}

/** What a flow has just saved is kept for as long as it declares, and then forgotten. */
function forgetInTime(
  { conversation, known, effects }: Turn,
  flow: Flow,
  slots: Record<string, string>,
): void {
  for (const [slot, value] of Object.entries(slots)) {
    const keep = /^(\d+)([hd])$/.exec(flow.remember[slot]?.keep ?? '');
    if (!keep || conversation.slots[slot] === value) continue;
    const unit = keep[2] === 'h' ? 'h' : 'd';
    const dueAt = known.now + Number(keep[1]) * KEEP_UNIT_MS[unit];
    const name = `${FORGET}${slot}`;
    effects.push({ type: 'setTimer', name, dueAt, event: { for: 'forget', event: slot } });
  }
}

const fresh = (context: FlowContext): FlowContext => ({ ...context, misses: 0, nudged: false });

function factsOf({ conversation, known }: Turn): Facts {
  return {
    channel: conversation.channel,
    language: conversation.language,
    nation: nationOf(conversation.slots).fact,
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
        // Nothing can be said in a chat that is being destroyed.
        if (turn.deletes) return null;
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
  // Nothing cheerful to somebody who has told of a danger.
  if (step.marks.includes('light') && turn.conversation.severity >= 2) {
    sayService(turn, 'light.instead');
    return;
  }
  const sms = turn.conversation.channel === 'sms' && step.sms.say !== null;
  const texts = sms ? (step.sms.say ?? []) : step.say;
  texts.forEach((_, i) => {
    say(turn, { from: 'bot', text: flowLine(turn, `${step.id}.${sms ? 'say_sms' : 'say'}.${i}`) });
  });
}

function askStep(turn: Turn, step: Step): void {
  const { conversation } = turn;
  const sms = conversation.channel === 'sms' && step.sms.ask !== null;
  const choices = choicesOf(turn, step);
  const answerable = choices.length > 1 || (step.kind.kind === 'ask' && step.kind.text !== null);
  if (!answerable) throw new Error('A question without an answer.');
  say(turn, { from: 'bot', text: flowLine(turn, `${step.id}.${sms ? 'ask_sms' : 'ask'}`), choices });
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
  const { slots, language } = conversation;
  const answer = action.decide(inputs, {
    now: known.now,
    contacts: known.contacts,
    nation: nationOf(slots).nation,
    age: ageOf(slots),
    isTaken: words => alwaysWord(words, known.bundle.words) !== null,
  });
  if (answer.contacts) turn.vars = { ...turn.vars, numbers: numberLines(known, language, answer.contacts) };
  if (action.results) takeResults(turn, action.results, answer);
  for (const change of answer.changes ?? []) carryOut(turn, change);
  return answer.outcome;
}

/** What was found is kept while the flow goes on, so that a question can offer it. */
function takeResults({ conversation, known }: Turn, name: string, { found, contacts }: ActionAnswer): void {
  const asFound = contacts?.map(contact => ({
    id: contact.id,
    label: contact.name,
    line: numberLines(known, conversation.language, [contact]),
  }));
  const results = found ?? asFound ?? [];
  if (results.length > 0 || conversation.results[name])
    conversation.results = { ...conversation.results, [name]: results };
}

function carryOut(turn: Turn, change: ActionChange): void {
  switch (change.type) {
    case 'allowTexting':
      setContact(turn, { safeToText: change.answer, safeBetween: change.between });
      return;
    case 'callPerson':
      callPerson(turn, change.about);
      return;
    case 'dropSlot': {
      const { [change.slot]: _, ...kept } = turn.conversation.slots;
      turn.conversation.slots = kept;
      return;
    }
    case 'deleteChat':
      turn.deletes = true;
      return;
  }
}

/** An answer brings a person as risk words do: one alert for each reason, and the queue. */
function callPerson(turn: Turn, about: keyof typeof PERSON_ABOUT): void {
  const { conversation, known, effects } = turn;
  const severity = PERSON_ABOUT[about];
  const told = [...known.openAlerts, ...effects.filter(effect => effect.type === 'raiseAlert')];
  if (severity === 2 && !told.some(alert => alert.categories.includes(about))) {
    effects.push({ type: 'raiseAlert', severity, categories: [about], evidence: [] });
    if (conversation.severity < severity) conversation.severity = severity;
  }
  if (severity === 0) conversation.askedForPersonAt ??= known.now;
  bringPerson(turn);
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
  }
  const back = comeBack(turn);
  if (back === null && Object.keys(conversation.results).length > 0) conversation.results = {};
  return back;
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
