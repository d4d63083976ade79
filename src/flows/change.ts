import type { Mark } from './flow.ts';

/** How a change is told: the parts that every sentence of diff.ts is made of. */

/** Tells what became of one field. */
export type Tell<T> = (before: T, after: T, at: Place) => string[];
/** A way to tell of every field, so that a field added to the format without a sentence does not compile. */
export type Fields<T> = Record<Exclude<keyof T, 'kind'>, Tell<T>>;

/** One flow before and after, and how its steps are called in a sentence. */
export type Scene = {
  /** By id: what a step before, and a step after, is called. */
  before: Names;
  after: Names;
  /** Ids before by ids after, of steps that are the same one. */
  oldIds: Map<string, string>;
  /** Ids before that no step has any more. */
  gone: Set<string>;
  titleBefore(flow: string): string;
  titleAfter(flow: string): string;
};
export type Names = { named(id: string): string; goal(id: string): string };
/** Where a change is: `step` as it is called in a sentence. */
export type Place = Scene & { step: string };

/**
 * Tells of a way that leads elsewhere.
 * @param lead whose way it is, such as `after "Are you safe?", "Yes"`
 * @param old the id of the step it led to, and `now` of the one it leads to; null where there is no such way
 */
export function moved(
  lead: string,
  old: string | null,
  now: string | null,
  { before, after, oldIds }: Scene,
  verb = 'goes to',
): string[] {
  if (now === null) return old === null ? [] : [`${lead} no longer ${verb} ${before.goal(old)}.`];
  if (old === null) return [`${lead} now ${verb} ${after.goal(now)}.`];
  if ((oldIds.get(now) ?? now) === old) return [];
  const [from, to] = [before.goal(old), after.goal(now)];
  return from === to
    ? [`${lead} now ${verb} another step that is called ${to}: "${now}" instead of "${old}".`]
    : [`${lead} now ${verb} ${to} instead of ${from}.`];
}

/** One thing that has another value now. */
export function changed(what: string, old: string, now: string): string[] {
  return old === now ? [] : [`${what} is now ${quoted(now)} instead of ${quoted(old)}.`];
}

/** Every sentence of `fields`, in the order in which they stand there. */
export function tell<T, P extends Place>(
  fields: Record<string, (before: T, after: T, at: P) => string[]>,
  before: T,
  after: T,
  at: P,
): string[] {
  return Object.values(fields).flatMap(field => field(before, after, at));
}

/** In quotes, on one line. */
export function quoted(text: string): string {
  return `"${text.replaceAll('\n', ' ⏎ ')}"`;
}

/** Texts in quotes, with commas between. */
export function list(texts: string[]): string {
  return texts.map(quoted).join(', ');
}

/** Texts in quotes, with "or" between. */
export function either(texts: string[]): string {
  return texts.map(quoted).join(' or ');
}

/** Each item once. */
export function unique<T>(items: T[]): T[] {
  return [...new Set(items)];
}

/** Each item of both once. */
export function union(one: string[], other: string[]): string[] {
  return unique([...one, ...other]);
}

/** Each item of `all` that is not in `taken`; what stands twice there must stand twice here. */
export function minus<T>(all: T[], taken: T[]): T[] {
  const left = [...taken];
  return all.filter(item => {
    const at = left.indexOf(item);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

/** Whether both hold the same texts in the same order. */
export function same(one: string[], other: string[]): boolean {
  return one.length === other.length && one.every((item, i) => item === other[i]);
}

const MARKED: Record<Mark, { on: string; off: string }> = {
  safety: { on: 'is now a safety step', off: 'is no longer a safety step' },
  unsafe: { on: 'now means that somebody is not safe', off: 'no longer means that somebody is not safe' },
  consent: { on: 'is now about saying yes to one thing', off: 'is no longer about saying yes to one thing' },
  light: { on: 'may now be cheerful', off: 'may no longer be cheerful' },
};

/** Marks that `what` got and lost. */
export function marked(old: Mark[], now: Mark[], what: string): string[] {
  return [
    ...minus(now, old).map(mark => `${what} ${MARKED[mark].on}.`),
    ...minus(old, now).map(mark => `${what} ${MARKED[mark].off}.`),
  ];
}
