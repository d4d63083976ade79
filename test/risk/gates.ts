// Not yet part of `npm test`: 10 of these 16 do not hold today (see CHANGELOG). When they do, this file becomes test/risk-gates.test.ts.
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Severity } from '../../src/channels/protocol.ts';
import { projectContent } from '../../src/content.ts';
import { CATEGORIES } from '../../src/risk/categories.ts';
import { type Measures, measure, type Reading, type Share, shareOf, wilson } from '../../src/risk/measure.ts';
import { latency, memory, misread, percent } from '../bench/risk.ts';
import { DISGUISES } from './disguise.ts';
import { readCases, reader, suite, wordsOf } from './suite.ts';

// How well danger must be read before this may be used, on the project's own cases (test/risk). The cases and these
// thresholds are not edited to fit the words: a miss is mended in the words. Every gate prints its figure.

const { lexicon } = projectContent();
const read = reader(lexicon);
const own = suite();
const measures = measure(own.messages, read);
const serious = own.messages.filter(({ severity }) => severity >= 2);
/** Benign texts that may not be kept in the repository: a file of one message a line. */
const benignFile = process.env.CAIRN_BENIGN_SMS ?? '';

describe('danger is read well enough', () => {
  test('[GATE-1] of the messages at level 3, 98 % are read at 3', () => {
    show('level 3', measures.immediate, [...missedAt(3), ...measures.underGraded]);
    expect(measures.immediate.share).toBeGreaterThanOrEqual(0.98);
  });

  test('[GATE-2] of the messages at level 2 and 3, 95 % bring a person', () => {
    show('level 2 and 3', measures.urgent, missedAt(2));
    expect(measures.urgent.share).toBeGreaterThanOrEqual(0.95);
  });

  test('[GATE-3] the worst category is found in 85 % of its messages', () => {
    const ascending = Object.entries(measures.categories).sort(([, a], [, b]) => a.share - b.share);
    for (const [category, share] of ascending) show(category, share);
    expect(Object.keys(measures.categories).sort()).toEqual([...CATEGORIES].sort());
    expect(ascending[0]?.[1].share).toBeGreaterThanOrEqual(0.85);
  });

  test('[GATE-4] of the harmless look-alikes at most 8 % raise an alarm', () => {
    show('look-alikes alarmed', measures.flagged, measures.falseAlarms);
    expect(measures.flagged.share).toBeLessThanOrEqual(0.08);
  });

  test('[GATE-5] none of 1,000 plain messages to the service raises an alarm', () => {
    const service = measure(own.service, read);
    show('service messages alarmed', service.flagged, service.falseAlarms);
    expect(service.cases).toBeGreaterThanOrEqual(1000);
    expect(service.falseAlarms.map(({ one }) => wordsOf(one))).toEqual([]);
  });

  test('[GATE-6] of benign texts from elsewhere, when there are any, at most 0.5 % raise an alarm', () => {
    // Somebody who names a file that is not there believes that it was measured.
    if (benignFile !== '') expect(existsSync(benignFile)).toBe(true);
    const benign = measure(benignFile === '' ? [] : readCases(benignFile), read);
    show('benign texts alarmed', benign.flagged, benign.falseAlarms);
    expect(benign.alarmsPerThousand).toBeLessThanOrEqual(5);
  });

  test('[GATE-7] in 20 disguises 95 % of what is read plainly keeps its severity', () => {
    const kept = Object.entries(DISGUISES).flatMap(([name, disguise]) => {
      const pairs = retention(disguise);
      show(name, shareOf(pairs, Boolean));
      expect(pairs.length).toBeGreaterThan(0);
      return pairs;
    });
    show('all disguises', shareOf(kept, Boolean));
    expect(Object.keys(DISGUISES).length).toBeGreaterThanOrEqual(20);
    expect(shareOf(kept, Boolean).share).toBeGreaterThanOrEqual(0.95);
  }, 120_000);

  test('[GATE-8] a message sent in two or three texts comes to the same as the whole', () => {
    const splits = serious.flatMap(one => splitsOf(wordsOf(one)).map(parts => ({ one, parts })));
    const unequal = splits.filter(({ one, parts }) => !isSame(readApart(parts), read(one)));
    show(
      'splits that come to the same',
      shareOf(splits, split => !unequal.includes(split)),
    );
    for (const { one, parts } of unequal.slice(0, 40))
      console.log(`  ${read(one).severity} → ${readApart(parts).severity}: ${parts.join(' / ')}`);
    expect(splits.length).toBeGreaterThan(serious.length);
    expect(unequal.length).toBe(0);
  }, 120_000);

  test('[GATE-9] a message is read within 0.5 ms in 99 of 100 cases, and a hostile text of 5,000 characters within 5 ms', () => {
    const speed = latency(lexicon, [...own.messages, ...own.conversations, ...own.service].map(wordsOf));
    console.log(speed);
    expect(speed.p99).toBeLessThan(0.5);
    expect(speed.max).toBeLessThan(5);
  }, 120_000);

  test('[GATE-10] the detector with the words of all languages takes less than 30 MB', () => {
    const mb = memory(own.messages.map(wordsOf));
    console.log(`memory: ${mb.toFixed(1)} MB`);
    expect(mb).toBeGreaterThan(0);
    expect(mb).toBeLessThan(30);
  }, 60_000);

  test('[GATE-11] of the conversations 95 % come to their level, none in which there is nothing brings a person', () => {
    const talks = measure(own.conversations, read);
    const reached = shareOf(own.conversations, one => read(one).severity >= one.severity);
    show('conversations at their level or above', reached, [...talks.missed, ...talks.underGraded]);
    show('conversations without danger alarmed', talks.flagged, talks.falseAlarms);
    expect(own.conversations.length).toBeGreaterThanOrEqual(40);
    expect(reached.share).toBeGreaterThanOrEqual(0.95);
    expect(talks.falseAlarms.map(({ one }) => wordsOf(one))).toEqual([]);
  });

  test('[GATE-12] a person is brought no later in a conversation than they should be, and nothing said later lowers it', () => {
    const dangerous = own.conversations.filter(({ severity }) => severity >= 2);
    const late = dangerous.filter(
      one => firstAlarm(read(one).after) > firstAlarm(one.turns.map(t => t.expected)),
    );
    show(
      'conversations alarmed in time',
      shareOf(dangerous, one => !late.includes(one)),
    );
    for (const one of late) console.log(`  ${read(one).after.join(' ')}: ${wordsOf(one)}`);
    const fell = own.conversations.filter(one =>
      read(one).after.some((now, i, all) => now < (all[i - 1] ?? 0)),
    );
    expect(fell.map(wordsOf)).toEqual([]);
    expect(late.length / dangerous.length).toBeLessThanOrEqual(0.05);
  });

  test('[GATE-13] what makes it worse never lowers, and what makes it milder lowers within its limits', () => {
    const wrong = own.messages.flatMap(one => {
      const plain = read(one).severity;
      const lower = (said: string, by: number) =>
        severityOf(said) < Math.max(plain - by, plain === 3 ? 1 : 0)
          ? [`${plain} → ${severityOf(said)}: ${said}`]
          : [];
      const text = wordsOf(one);
      return [
        // The comma: "help me with a knife" would be about another thing than "help me".
        ...[' tonight', ', with a knife', " and i'm 11"].flatMap(added => lower(text + added, 0)),
        ...lower(`${text} lol`, 2),
        ...lower(`${text} years ago`, 1),
        ...lower(`not ${text}`, 2),
      ];
    });
    console.log(`directions: ${wrong.length} wrong of ${own.messages.length * 6}`);
    console.log(wrong.join('\n'));
    expect(wrong).toEqual([]);
  }, 60_000);

  test('[GATE-14] the suite is large enough to tell: every category, and all levels', () => {
    const count = (level: Severity) => own.messages.filter(({ severity }) => severity === level).length;
    console.log(`messages: ${own.messages.length}; at 0–3: ${([0, 1, 2, 3] as const).map(count).join(', ')}`);
    expect(own.messages.length).toBeGreaterThanOrEqual(600);
    // Three misses among 150 are 94 to 99 %: with fewer, a figure says little.
    expect(count(3)).toBeGreaterThanOrEqual(150);
    const known: readonly string[] = ['none', ...CATEGORIES];
    expect([...own.messages, ...own.conversations].filter(one => !known.includes(one.category))).toEqual([]);
    for (const category of CATEGORIES)
      expect(own.messages.filter(one => one.category === category).length).toBeGreaterThanOrEqual(10);
  });
});

describe('the measuring', () => {
  test('[GATE-15] gives the Wilson interval: known values, and honest for nothing and for everything', () => {
    expect(wilson(0, 0)).toEqual({ low: 0, high: 1 });
    expect(wilson(10, 10)).toEqual({ low: expect.closeTo(0.7225, 4), high: 1 });
    expect(wilson(0, 10)).toEqual({ low: 0, high: expect.closeTo(0.2775, 4) });
    expect(wilson(50, 100)).toEqual({ low: expect.closeTo(0.4038, 4), high: expect.closeTo(0.5962, 4) });
    for (const [hits, n] of [
      [-1, 3],
      [4, 3],
      [0.5, 1],
    ] as const)
      expect(() => wilson(hits, n)).toThrow(RangeError);
  });

  test('[GATE-16] counts misses, late levels and false alarms as what they are', () => {
    const found = (severity: Severity, category: string): Reading => ({
      severity,
      categories: [category],
      wantsHuman: category === 'wants_human',
    });
    const rows = [
      { category: 'suicide', severity: 3, reading: found(3, 'suicide') },
      { category: 'suicide', severity: 3, reading: found(2, 'suicide') },
      { category: 'neglect', severity: 2, reading: found(1, 'neglect') },
      { category: 'neglect', severity: 2, reading: found(3, 'medical') },
      { category: 'wants_human', severity: 1, reading: found(0, 'wants_human') },
      { category: 'suicide', severity: 0, reading: found(2, 'suicide') },
      { category: 'suicide', severity: 0, reading: found(1, 'suicide') },
    ] as const;
    const [atThree, late, missed, over, , alarm] = rows;
    const result: Measures<(typeof rows)[number]> = measure(rows, ({ reading }) => reading);
    expect(result).toMatchObject({
      cases: 7,
      immediate: { hits: 1, of: 2 },
      urgent: { hits: 3, of: 4 },
      watch: { hits: 1, of: 1 },
      categories: {
        suicide: { hits: 2, of: 2 },
        neglect: { hits: 1, of: 2 },
        wants_human: { hits: 1, of: 1 },
      },
      worst: 'neglect',
      named: { hits: 2, of: 3 },
      flagged: { hits: 1, of: 2 },
      alarmsPerThousand: 500,
    });
    expect(result.missed.map(({ one }) => one)).toEqual([missed]);
    expect(result.underGraded.map(({ one }) => one)).toEqual([late]);
    expect(result.overGraded.map(({ one }) => one)).toEqual([over]);
    expect(result.falseAlarms.map(({ one }) => one)).toEqual([alarm]);
    expect(result.missed.map(({ one }) => one)).not.toContain(atThree);
  });
});

function missedAt(level: Severity) {
  return measures.missed.filter(({ one }) => one.severity >= level);
}

function show(what: string, share: Share, wrong: Parameters<typeof misread>[0] = []): void {
  console.log([`${what}: ${percent(share)}`, ...(wrong.length > 0 ? [misread(wrong)] : [])].join('\n'));
}

function severityOf(text: string): Severity {
  return read({ turns: [{ text, expected: null, after: 0 }] }).severity;
}

/** For each serious message that brings a person plainly and that the disguise changes: is it still as severe? */
function retention(disguise: (text: string) => string): boolean[] {
  return serious.flatMap(one => {
    const [text, plain] = [wordsOf(one), read(one).severity];
    const hidden = disguise(text);
    return plain < 2 || hidden === text ? [] : [severityOf(hidden) >= plain];
  });
}

/** Every way of cutting a text in two between words, and one of cutting it in three. */
function splitsOf(text: string): string[][] {
  const words = text.split(' ');
  const cut = (...at: number[]) => [0, ...at].map((from, i) => words.slice(from, at[i]).join(' '));
  const third = Math.ceil(words.length / 3);
  return [
    ...words.slice(1).map((_, i) => cut(i + 1)),
    ...(words.length >= 3 && third * 2 < words.length ? [cut(third, third * 2)] : []),
  ];
}

/** The texts as messages sent 20 seconds apart: the highest of their own severities, and all that was found. */
function readApart(parts: string[]): Reading {
  return read({ turns: parts.map(text => ({ text, expected: null, after: 20 })) });
}

function isSame(apart: Reading, whole: Reading): boolean {
  return (
    apart.severity === whole.severity &&
    whole.categories.every(category => apart.categories.includes(category))
  );
}

function firstAlarm(severities: readonly (Severity | null)[]): number {
  const at = severities.findIndex(severity => severity !== null && severity >= 2);
  return at < 0 ? severities.length : at;
}
