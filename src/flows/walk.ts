import type { ChannelName } from '../channels/protocol.ts';
import type { Facts } from './actions.ts';
import { type CompiledFlow, type FlowEvent, type Moved, move } from './compile.ts';
import type { FlowChoice, Problem, ReadFlow, Step } from './flow.ts';
import { type Guards, guardsOf, slotNamed, stillRead } from './guards.ts';

/**
 * Everything that can happen in one flow, as a graph. A situation is a step, how often an answer there was not
 * understood, and what is known of the slots and facts that guards still to come read; not the answers themselves,
 * or it would never end. What the engine adds to a question (re-asks, a person, silence) is asked of the compiled
 * machine; that the rest is what the machine does too is proved in test/promises.test.ts with `xstate/graph`.
 */
export type Walk = {
  starts: Situation[];
  situations: Situation[];
  /** The slots that it may have changed when it ends, in the flows that it calls too. */
  saves: Set<string>;
};
export type Situation = {
  step: Step;
  channel: ChannelName;
  misses: number;
  /** How the guards judge each slot or fact; what is not named could be anything. */
  known: Known;
  ways: Way[];
};
/** What happened, and where it leads; `to` is null where a person takes over or the conversation sleeps. */
export type Way = { by: string; choice: FlowChoice | null; to: Situation | null };
type Known = Record<string, string>;

/** A flow, and everything that can happen in it. */
export type Walked = { read: ReadFlow; compiled: CompiledFlow; walk: Walk };

/** What is wrong at a step, and where in its file that stands. */
export function problemAt(
  { file, lineOf }: ReadFlow,
  step: string,
  message: string,
  more: string[] = [],
): Problem {
  return { file, line: lineOf(['steps', step, ...more]), message };
}

/** A flow with more situations than this is refused: no file may keep the checks from ending. */
const MOST_SITUATIONS = 2_000;

/** What a call does to what the calling flow knows: null where the called flow never comes back. */
export type Called = (flow: string) => { saves: Set<string> } | null;

/**
 * Walks `flow` on both channels from every step in `starts`, whatever was remembered before.
 * @returns null when there are too many situations.
 */
export function walkFlow(compiled: CompiledFlow, starts: readonly string[], called: Called): Walk | null {
  const guards = guardsOf([compiled.flow]);
  const walker: Walker = {
    compiled,
    called,
    guards,
    stillRead: stillRead(compiled.flow, guards),
    byKey: new Map(),
  };
  const begun = CHANNELS.flatMap(channel =>
    starts.flatMap(start => {
      const from = {
        channel,
        known: { channel: walker.guards.subjects.get('channel')?.judge(channel) ?? '' },
      };
      return situation(walker, from, start, 0) ?? [];
    }),
  );
  // A Map is gone through in the order in which it grows.
  for (const at of walker.byKey.values()) {
    if (walker.byKey.size > MOST_SITUATIONS) return null;
    at.ways = waysFrom(walker, at);
  }
  const situations = [...walker.byKey.values()];
  const saves = new Set(situations.flatMap(({ step }) => savedAt(step, called)));
  return { starts: begun, situations, saves };
}

function savedAt({ kind }: Step, called: Called): string[] {
  if (kind.kind === 'ask') return kind.save === null ? [] : [kind.save];
  return kind.kind === 'call' ? [...(called(kind.flow)?.saves ?? [])] : [];
}

const CHANNELS = ['web', 'sms'] as const;

type Walker = {
  compiled: CompiledFlow;
  called: Called;
  guards: Guards;
  stillRead: Map<string, Set<string>>;
  byKey: Map<string, Situation>;
};
type From = { channel: ChannelName; known: Known };

/** The one situation at a step with this knowledge; of that, only what is still read counts. */
function situation(
  { compiled, stillRead: read, byKey }: Walker,
  { channel, known }: From,
  stepId: string,
  misses: number,
): Situation | null {
  const step = compiled.steps.get(stepId);
  if (!step) return null;
  const kept: Known = {};
  for (const subject of read.get(step.id) ?? [])
    if (known[subject] !== undefined) kept[subject] = known[subject];
  const key = `${step.id} ${channel} ${misses} ${JSON.stringify(kept)}`;
  const met = byKey.get(key);
  if (met) return met;
  const made = { step, channel, misses, known: kept, ways: [] };
  byKey.set(key, made);
  return made;
}

function waysFrom(walker: Walker, at: Situation): Way[] {
  const { kind } = at.step;
  const go = (by: string, to: string, known = at.known): Way => ({
    by,
    choice: null,
    to: situation(walker, { channel: at.channel, known }, to, 0),
  });
  switch (kind.kind) {
    case 'say':
      return [go('go', kind.go)];
    case 'if': {
      const { subject, guard } = walker.guards.at.get(at.step) ?? { subject: '', guard: 0 };
      const settled = at.known[subject];
      const possible =
        settled !== undefined ? [settled] : (walker.guards.subjects.get(subject)?.judgements ?? []);
      return possible.map(judged => {
        const holds = judged[guard] === '1';
        return go(holds ? 'then' : 'else', holds ? kind.then : kind.otherwise, {
          ...at.known,
          [subject]: judged,
        });
      });
    }
    case 'do': {
      const after = kind.action === 'texting.allow' ? without(at.known, ['safeToText']) : at.known;
      return Object.entries(kind.outcomes).map(([outcome, to]) => go(outcome, to, after));
    }
    case 'call': {
      const back = walker.called(kind.flow);
      if (!back) return [];
      const forgotten = [...CHANGING_FACTS, ...[...back.saves].map(slotNamed)];
      return [go('returned', kind.go, without(at.known, forgotten))];
    }
    case 'ask':
      return [...answersAt(walker, at, kind), ...addedWays(walker, at, kind.text !== null)];
    case 'handover':
    case 'end':
      return [];
  }
}

/** Between a question and its answer hours may pass: of the facts, only the channel stays as it was. */
const CHANGING_FACTS = ['onDuty', 'language', 'nation', 'safeToText'];

function answersAt(walker: Walker, at: Situation, kind: Extract<Step['kind'], { kind: 'ask' }>): Way[] {
  const { channel } = at;
  const later = without(at.known, CHANGING_FACTS);
  const slot = kind.save === null ? null : slotNamed(kind.save);
  const guard = slot === null ? undefined : walker.guards.subjects.get(slot);
  const keep = (judged: string): Known => (slot === null ? later : { ...later, [slot]: judged });
  const chosen = kind.choices.map(choice => ({
    by: `chose.${choice.id}`,
    choice,
    to: situation(walker, { channel, known: keep(guard?.judge(choice.id) ?? '') }, choice.go, 0),
  }));
  const go = (by: string, known: Known): Way => ({
    by,
    choice: null,
    to: situation(walker, { channel, known }, kind.go ?? '', 0),
  });
  const given = (by: string) => (guard?.judgements ?? ['']).map(judged => go(by, keep(judged)));
  return [
    ...chosen,
    ...(kind.choicesFrom ? given('picked') : []),
    ...(kind.text ? given('wrote') : []),
    ...(kind.text?.canSkip ? [go('skipped', later)] : []),
  ];
}

/** What is in no file: an answer that was not understood. Text never is that: whatever is written was meant. */
function addedWays(walker: Walker, at: Situation, takesText: boolean): Way[] {
  if (takesText) return [];
  const missed = moveAt(walker.compiled, at, { type: 'missed' });
  const again = missed.step === at.step.id;
  const to = again ? situation(walker, at, at.step.id, missed.context.misses) : null;
  return [{ by: 'missed', choice: null, to }];
}

/** What the compiled machine does at a situation when nobody answers: of the facts, only the channel counts then. */
export function moveAt(compiled: CompiledFlow, at: Situation, event: FlowEvent, nudged = false): Moved {
  const facts: Facts = {
    channel: at.channel,
    language: '',
    nation: 'unknown',
    onDuty: 'no',
    safeToText: 'unknown',
  };
  return move(compiled, at.step.id, { misses: at.misses, nudged, slots: {}, facts }, event);
}

function without(known: Known, subjects: string[]): Known {
  return Object.fromEntries(Object.entries(known).filter(([subject]) => !subjects.includes(subject)));
}
