import type { Severity } from '../channels/protocol.ts';

/** One message or conversation with what a person says it is: the severity it must reach and what it is about. */
export type Case = { category: string; severity: Severity };

/** What the detector made of a case. */
export type Reading = { severity: Severity; categories: readonly string[]; wantsHuman: boolean };

/** `hits` of `of`, and the 95 % interval in which the true share lies. `share` is 1 when there was nothing to find. */
export type Share = { hits: number; of: number; share: number; low: number; high: number };

/** A case that was read otherwise than it should be. */
export type Wrong<C extends Case> = { one: C; reading: Reading };

export type Measures<C extends Case> = {
  cases: number;
  /** Of the cases at 3, those read at 3. */
  immediate: Share;
  /** Of the cases at 2 and 3, those that bring a person: read at 2 or 3. */
  urgent: Share;
  /** Of the cases at 1, those read at 1 or more; of `wants_human`, those reported as wanting a person. */
  watch: Share;
  /** By category: of its cases at 2 and 3, those that bring a person. See {@link measure} for those that have none. */
  categories: Record<string, Share>;
  /** The category with the lowest share: a mean would hide it. */
  worst: string | null;
  /** Of the cases that bring a person and should, those whose category was named among the others. */
  named: Share;
  /** Of the cases at 0, those that bring a person all the same. */
  flagged: Share;
  /** Alarms (2 or 3) on cases at 0, for each thousand of these. */
  alarmsPerThousand: number;
  /** At 2 or 3, and nobody was brought. */
  missed: Wrong<C>[];
  /** At 3 and read as 2: a person comes, but later than they should. */
  underGraded: Wrong<C>[];
  /** At 1 or 2 and read higher: tells a detector that is good from one that calls everything urgent. */
  overGraded: Wrong<C>[];
  /** At 0, and a person was brought. */
  falseAlarms: Wrong<C>[];
};

/** The score of 95 % on both sides of the normal distribution. */
const Z = 1.959964;

/**
 * How good a reading of these cases is. A category without a case at 2 or 3 (asking for a person, distress) is measured
 * on its cases at 1: read at 1 or more, or, when it is `wants_human`, reported as wanting a person.
 */
export function measure<C extends Case>(cases: readonly C[], read: (one: C) => Reading): Measures<C> {
  const all = cases.map(one => ({ one, reading: read(one) }));
  const [harmless, weak, serious] = [
    all.filter(({ one }) => one.severity === 0),
    all.filter(({ one }) => one.severity === 1),
    all.filter(({ one }) => one.severity >= 2),
  ];
  const brought = serious.filter(bringsPerson);
  const falseAlarms = harmless.filter(bringsPerson);
  const categories = byCategory([...weak, ...serious]);
  return {
    cases: all.length,
    immediate: shareOf(
      serious.filter(({ one }) => one.severity === 3),
      ({ reading }) => reading.severity === 3,
    ),
    urgent: shareOf(serious, bringsPerson),
    watch: shareOf(weak, isSeen),
    categories,
    worst: Object.entries(categories).sort(([, a], [, b]) => a.share - b.share)[0]?.[0] ?? null,
    named: shareOf(brought, ({ one, reading }) => reading.categories.includes(one.category)),
    flagged: shareOf(harmless, bringsPerson),
    alarmsPerThousand: harmless.length === 0 ? 0 : (falseAlarms.length / harmless.length) * 1000,
    missed: serious.filter(wrong => !bringsPerson(wrong)),
    underGraded: brought.filter(({ one, reading }) => one.severity === 3 && reading.severity === 2),
    overGraded: [...weak, ...serious].filter(({ one, reading }) => reading.severity > one.severity),
    falseAlarms,
  };
}

/**
 * The Wilson interval at 95 % for `hits` in `n` trials, within 0 and 1; it stays honest for few trials and for shares
 * near 0 and 1 (E. B. Wilson, Journal of the American Statistical Association, 1927). Nothing tried tells nothing: 0 to 1.
 * @throws RangeError unless both are whole numbers and 0 ≤ hits ≤ n.
 */
export function wilson(hits: number, n: number): { low: number; high: number } {
  if (!Number.isInteger(hits) || !Number.isInteger(n) || hits < 0 || hits > n)
    throw new RangeError('hits must be a whole number from 0 to n.');
  if (n === 0) return { low: 0, high: 1 };
  const share = hits / n;
  const centre = share + Z ** 2 / (2 * n);
  const half = Z * Math.sqrt((share * (1 - share)) / n + Z ** 2 / (4 * n ** 2));
  const scale = 1 + Z ** 2 / n;
  // At the ends the sums are 0 and 1 but for the last digit of a floating number.
  return {
    low: hits === 0 ? 0 : (centre - half) / scale,
    high: hits === n ? 1 : (centre + half) / scale,
  };
}

/** How many of a list pass, with the interval. */
export function shareOf<T>(list: readonly T[], passes: (one: T) => boolean): Share {
  const hits = list.filter(passes).length;
  return {
    hits,
    of: list.length,
    share: list.length === 0 ? 1 : hits / list.length,
    ...wilson(hits, list.length),
  };
}

function byCategory(read: Wrong<Case>[]): Record<string, Share> {
  const names = [...new Set(read.map(({ one }) => one.category))].sort();
  return Object.fromEntries(
    names.map(name => {
      const own = read.filter(({ one }) => one.category === name);
      const serious = own.filter(({ one }) => one.severity >= 2);
      return [name, serious.length > 0 ? shareOf(serious, bringsPerson) : shareOf(own, isSeen)];
    }),
  );
}

function bringsPerson({ reading }: Wrong<Case>): boolean {
  return reading.severity >= 2;
}

function isSeen({ one, reading }: Wrong<Case>): boolean {
  return reading.severity >= 1 || (one.category === 'wants_human' && reading.wantsHuman);
}
