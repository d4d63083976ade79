import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { LOCALES_DIR, projectContent } from '../../src/content.ts';
import { NO_MEMORY } from '../../src/risk/accumulate.ts';
import { detect } from '../../src/risk/detect.ts';
import type { Lexicon } from '../../src/risk/lexicon.ts';
import { type Measures, measure, type Share, type Wrong } from '../../src/risk/measure.ts';
import { hostileTexts } from '../risk/hostile.ts';
import { type RiskCase, readCases, reader, suite, wordsOf } from '../risk/suite.ts';

/**
 * How long reading takes, in ms: `p50`, `p99` and `maxFirst` of the first reading of each message, after a warm-up with
 * others. `max` is the time of the slowest text, hostile ones of 5,000 characters included, by the median of its five
 * readings, for the machine itself pauses now and then.
 */
export type Latency = {
  messages: number;
  p50: number;
  p99: number;
  maxFirst: number;
  max: number;
  /** How the slowest text begins. */
  slowest: string;
};

const READINGS = 5;

/**
 * `cairn bench risk [FILE] [--json]`: how well danger is read in a .jsonl of cases or a .txt of harmless messages, or in the
 * project's own suite, and how fast. Lists what was misread, so never give it words of real young people. Returns 0.
 */
export async function benchRisk(words: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: words,
    options: { json: { type: 'boolean' } },
    allowPositionals: true,
  });
  const [file] = positionals;
  const { lexicon, riskLanguages } = projectContent();
  const sets: Record<string, RiskCase[]> = file === undefined ? suite() : { cases: readCases(file) };
  const read = reader(lexicon);
  const measured = Object.entries(sets).map(([name, cases]) => [name, measure(cases, read)] as const);
  const texts = Object.values(sets).flatMap(cases => cases.map(wordsOf));
  const speed = latency(lexicon, texts);
  const memoryMb = memory(texts);
  if (values.json) {
    const figures = Object.fromEntries(measured.map(([name, measures]) => [name, inWords(measures)]));
    console.log(
      JSON.stringify({ lexicon: lexicon.version, riskLanguages, sets: figures, latencyMs: speed, memoryMb }),
    );
    return 0;
  }
  for (const [name, measures] of measured) print(name, measures);
  console.log(
    `\nlatency in ms of ${speed.messages} messages: p50 ${speed.p50.toFixed(3)}, p99 ${speed.p99.toFixed(3)}, ` +
      `slowest ${speed.maxFirst.toFixed(2)}; hostile texts included, ${speed.max.toFixed(2)} for "${speed.slowest}…"\nmemory: ${memoryMb.toFixed(1)} MB`,
  );
  return 0;
}

/** Times these messages and the hostile texts, each by itself. */
export function latency(lexicon: Lexicon, texts: readonly string[]): Latency {
  const all = [...texts, ...hostileTexts(5000)];
  const time = (text: string) => {
    const from = performance.now();
    detect(lexicon, NO_MEMORY, { text, at: 0 });
    return performance.now() - from;
  };
  for (const text of suite().service.map(wordsOf)) time(text);
  for (const text of hostileTexts(1000)) for (let i = 0; i < READINGS; i++) time(text);
  const readings = Array.from({ length: READINGS }, () => all.map(time));
  const first = sorted(readings[0]?.slice(0, texts.length) ?? []);
  const typical = all.map((_, i) => quantile(sorted(readings.map(times => times[i] ?? 0)), 0.5));
  const max = Math.max(...typical);
  return {
    messages: texts.length,
    p50: quantile(first, 0.5),
    p99: quantile(first, 0.99),
    maxFirst: first.at(-1) ?? 0,
    max,
    slowest: (all[typical.indexOf(max)] ?? '').slice(0, 24),
  };
}

/** What a process grows by when it loads the detector with all words and reads these texts, in MB of 1,000,000 bytes. */
export function memory(texts: readonly string[]): number {
  const dir = mkdtempSync(join(tmpdir(), 'cairn-bench-'));
  try {
    const file = join(dir, 'texts.txt');
    writeFileSync(file, texts.join('\n'));
    const script = join(import.meta.dirname, 'risk-memory.ts');
    const told = execFileSync(process.execPath, ['--expose-gc', script, LOCALES_DIR, file], {
      encoding: 'utf8',
    });
    return Number(told) / 1_000_000;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** "97.5 % (195 of 200; 94.3–98.9)". */
export function percent({ hits, of, share, low, high }: Share): string {
  const at = (part: number) => (part * 100).toFixed(1);
  return of === 0 ? 'no cases' : `${at(share)} % (${hits} of ${of}; ${at(low)}–${at(high)})`;
}

/** What was misread, one a line, for people. */
export function misread(wrong: readonly Wrong<RiskCase>[]): string {
  return wrong
    .map(({ one, reading }) => `  ${one.category} ${one.severity} → ${reading.severity}: ${wordsOf(one)}`)
    .join('\n');
}

function print(name: string, measures: Measures<RiskCase>): void {
  console.log(`\n${name}: ${measures.cases} (shares with 95 % Wilson intervals)`);
  console.log(`  level 3 read as 3     ${percent(measures.immediate)}`);
  console.log(`  level 2 and 3 alarmed ${percent(measures.urgent)}`);
  console.log(`  level 1 seen          ${percent(measures.watch)}`);
  console.log(`  category named        ${percent(measures.named)}`);
  console.log(
    `  harmless alarmed      ${percent(measures.flagged)} = ${measures.alarmsPerThousand.toFixed(1)} per 1,000`,
  );
  for (const [category, share] of Object.entries(measures.categories).sort(
    ([, a], [, b]) => a.share - b.share,
  ))
    console.log(`    ${category.padEnd(20)}${percent(share)}`);
  const lists = {
    missed: measures.missed,
    'under-graded': measures.underGraded,
    'over-graded': measures.overGraded,
    'false alarms': measures.falseAlarms,
  };
  for (const [title, wrong] of Object.entries(lists))
    if (wrong.length > 0) console.log(`\n${title}: ${wrong.length}\n${misread(wrong)}`);
}

function inWords(measures: Measures<RiskCase>) {
  const list = (wrong: Wrong<RiskCase>[]) =>
    wrong.map(({ one, reading }) => ({
      text: wordsOf(one),
      category: one.category,
      severity: one.severity,
      read: reading.severity,
    }));
  return {
    ...measures,
    missed: list(measures.missed),
    underGraded: list(measures.underGraded),
    overGraded: list(measures.overGraded),
    falseAlarms: list(measures.falseAlarms),
  };
}

function sorted(times: readonly number[]): number[] {
  return times.toSorted((a, b) => a - b);
}

function quantile(ascending: readonly number[], share: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? 0;
}
