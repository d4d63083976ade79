import { FACTS, isFact } from './actions.ts';
import type { Flow, Step } from './flow.ts';
import { waysOut } from './ways.ts';

/**
 * What the guards (`if`) of flows ask about, and how they judge it: two values that all of them judge alike lead the
 * same way for ever, so that the checks need to look at one of the two only.
 */
export type Guards = {
  /** By the name of the fact, or {@link slotNamed} of the slot. */
  subjects: Map<string, Subject>;
  /** What a step asks about, and its place in the judgement of that subject. */
  at: Map<Step, { subject: string; guard: number }>;
};
export type Subject = {
  /** One digit for each guard: 1 where it holds. */
  judge(value: string | undefined): string;
  /** Every judgement that some value can have. */
  judgements: string[];
  /** One value for each judgement that a value named by a guard can have. */
  samples: string[];
};

/** How a slot is named among the subjects of guards. */
export function slotNamed(slot: string): string {
  return `slot ${slot}`;
}

export function guardsOf(flows: Flow[]): Guards {
  const at: Guards['at'] = new Map();
  const lists = new Map<string, string[][]>();
  for (const step of flows.flatMap(flow => flow.steps)) {
    if (step.kind.kind !== 'if') continue;
    const { about, is } = step.kind;
    const subject = 'slot' in about ? slotNamed(about.slot) : about.fact;
    const others = lists.get(subject) ?? [];
    at.set(step, { subject, guard: others.length });
    lists.set(subject, [...others, is]);
  }
  return { at, subjects: new Map([...lists].map(([subject, all]) => [subject, subjectOf(subject, all)])) };
}

function subjectOf(name: string, guards: string[][]): Subject {
  const judge = (value: string | undefined) =>
    guards.map(is => (value !== undefined && is.includes(value) ? '1' : '0')).join('');
  const named = [...new Set(guards.flat())];
  // A fact has the values that it has; a slot may hold anything, or nothing.
  const values = (isFact(name) ? FACTS[name] : null) ?? [undefined, ...named];
  const samples = new Map(named.map(value => [judge(value), value]));
  return { judge, judgements: [...new Set(values.map(judge))], samples: [...samples.values()] };
}

/** For each step, the subjects that it or any step after it may still ask about. */
export function stillRead(flow: Flow, { at }: Guards): Map<string, Set<string>> {
  const steps = new Map(flow.steps.map(step => [step.id, step]));
  return new Map(
    flow.steps.map(first => {
      const reached = new Set([first]);
      const read = new Set<string>();
      for (const step of reached) {
        const asked = at.get(step);
        if (asked) read.add(asked.subject);
        for (const { to } of waysOut(step)) {
          const next = steps.get(to);
          if (next) reached.add(next);
        }
      }
      return [first.id, read];
    }),
  );
}
