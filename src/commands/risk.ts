import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { FLOWS_DIR, LOCALES_DIR, projectContent, readContent } from '../content.ts';
import { NO_MEMORY, remember } from '../risk/accumulate.ts';
import { type Asked, detect, type Finding } from '../risk/detect.ts';
import { explain } from '../risk/explain.ts';
import type { Lexicon } from '../risk/lexicon.ts';

/** Half a minute between the turns of a conversation in a file. */
const TURN_MS = 30_000;

/** `cairn risk check`: one line of JSON for each message, or for each conversation as it stands after its last turn. */
export function checkRisk(words: string[]): number {
  const { values, positionals } = parseArgs({
    args: words,
    options: { jsonl: { type: 'string' }, explain: { type: 'boolean' } },
    allowPositionals: true,
  });
  if (!values.jsonl && positionals.length === 0) return checkWords();
  const { lexicon } = projectContent();
  const inputs: unknown[] = values.jsonl
    ? readFileSync(values.jsonl === '-' ? 0 : values.jsonl, 'utf8')
        .split('\n')
        .filter(line => line.trim())
        .map(line => JSON.parse(line))
    : [{ text: positionals.join(' ') }];
  for (const input of inputs) {
    const { severity, finding } = readTurns(lexicon, turnsOf(input));
    if (values.explain) console.log(explain(finding));
    else {
      const { categories, evidence, facts, wantsHuman, channelUnsafe, applied, lexiconVersion } = finding;
      const found = { severity, categories, escalate: severity >= 2, evidence, ...facts };
      console.log(JSON.stringify({ ...found, wantsHuman, channelUnsafe, applied, lexiconVersion }));
    }
  }
  return 0;
}

/** The risk words themselves: every row's own examples, in every language. @throws FlowProblems with every one that fails. */
function checkWords(): number {
  const began = performance.now();
  const { lexicon, riskLanguages } = readContent(FLOWS_DIR, LOCALES_DIR);
  const ms = Math.round(performance.now() - began);
  console.log(
    `${lexicon.rules.length} patterns in ${riskLanguages.join(', ')}: every example comes out as it says. ${ms} ms.`,
  );
  return 0;
}

/** What a young person wrote, and what the bot had asked just before. */
export type Turn = { text: string; asked?: Asked };

/** The turns of a line of input: `text`, or `turns` of texts, `{ text }`, and the bot's `{ bot, expects }`. */
export function turnsOf(input: unknown): Turn[] {
  const fields = isRecord(input) ? input : {};
  if (!Array.isArray(fields.turns)) return [{ text: textOf(fields.text) }];
  const turns: Turn[] = [];
  let asked: Asked | null = null;
  for (const turn of fields.turns) {
    const said: Record<string, unknown> = isRecord(turn) ? turn : { text: turn };
    if (typeof said.bot === 'string') asked = askedBy(said.bot, said.expects);
    else {
      turns.push({ text: textOf(said.text), ...(asked && { asked }) });
      asked = null;
    }
  }
  return turns;
}

/** The finding of the last turn, and the severity of the whole conversation after it. */
export function readTurns(lexicon: Lexicon, turns: Turn[]): { severity: number; finding: Finding } {
  let memory = NO_MEMORY;
  let finding = detect(lexicon, memory, { text: '', at: 0 });
  turns.forEach((turn, i) => {
    const message = { ...turn, at: i * TURN_MS };
    finding = detect(lexicon, memory, message);
    memory = remember(memory, finding, message);
  });
  return { severity: Math.max(finding.severity, memory.severity), finding };
}

const EXPECTED = ['age', 'who', 'when', 'where'] as const;

function askedBy(question: string, given: unknown): Asked | null {
  const expects = EXPECTED.find(kind => kind === given);
  return expects ? { expects, question } : null;
}

function textOf(given: unknown): string {
  return typeof given === 'string' ? given : '';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
