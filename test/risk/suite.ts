import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Severity } from '../../src/channels/protocol.ts';
import { conversationSeverity, NO_MEMORY, remember } from '../../src/risk/accumulate.ts';
import { type Asked, detect } from '../../src/risk/detect.ts';
import type { Lexicon } from '../../src/risk/lexicon.ts';
import type { Case, Reading } from '../../src/risk/measure.ts';

/** One text of a young person, `after` seconds after the one before. `expected` is the conversation's severity then. */
export type Turn = { text: string; expected: Severity | null; after: number; asked?: Asked };

/** A message (one turn) or a conversation, with the severity that it must have come to at its end. */
export type RiskCase = Case & { turns: Turn[]; note: string };

const AT = Date.UTC(2026, 10, 20, 22, 0);
const USUAL_GAP_S = 20;

const severity = z.literal([0, 1, 2, 3]);
/** A question whose answer says nothing about danger by itself expects something else, or nothing. */
const botTurn = z.object({ bot: z.string(), expects: z.string().optional() });
const kindOfAnswer = z.enum(['age', 'who', 'when', 'where']);
const ownTurn = z.object({
  text: z.string(),
  expected: severity.optional(),
  expected_cumulative_severity: severity.optional(),
  after: z.number().optional(),
});
const line = z.object({
  text: z.string().optional(),
  turns: z.array(z.union([z.string(), ownTurn, botTurn])).optional(),
  category: z.string().default('none'),
  severity: severity.optional(),
  note: z.string().default(''),
});

/**
 * The cases of a .jsonl file: one object a line with `text` or `turns`, and `severity` (or what the last turn expects);
 * or of a .txt file: one harmless message a line. @throws Error with the file's line when one says too little.
 */
export function readCases(file: string): RiskCase[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.flatMap((source, i) => {
    if (source.trim() === '') return [];
    if (!file.endsWith('.jsonl')) return [toCase({ text: source, category: 'none', severity: 0, note: '' })];
    try {
      return [toCase(line.parse(JSON.parse(source)))];
    } catch (error) {
      throw new Error(`Line ${i + 1} of the cases is no case.`, { cause: error });
    }
  });
}

/** The project's own suite: everything in this folder. */
export function suite(): { messages: RiskCase[]; conversations: RiskCase[]; service: RiskCase[] } {
  const all = (pattern: string) =>
    globSync(pattern, { cwd: import.meta.dirname })
      .sort()
      .flatMap(name => readCases(join(import.meta.dirname, name)));
  return {
    messages: all('own-cases-*.jsonl'),
    conversations: all('conversations-*.jsonl'),
    service: all('service-messages-*.txt'),
  };
}

/** Reads cases with these words. A conversation counts with what it has come to at its end. */
export function reader(lexicon: Lexicon): (one: { turns: Turn[] }) => Reading & { after: Severity[] } {
  return ({ turns }) => {
    const categories = new Set<string>();
    const after: Severity[] = [];
    let [memory, at, wantsHuman] = [NO_MEMORY, AT, false];
    for (const turn of turns) {
      at += turn.after * 1000;
      const message = { text: turn.text, at, ...(turn.asked && { asked: turn.asked }) };
      const finding = detect(lexicon, memory, message);
      memory = remember(memory, finding, message);
      for (const category of finding.categories) categories.add(category);
      wantsHuman ||= finding.wantsHuman;
      // A message by itself is what is found in it: the points of a conversation are for conversations.
      after.push(turns.length === 1 ? finding.severity : conversationSeverity(memory));
    }
    return { severity: after.at(-1) ?? 0, categories: [...categories], wantsHuman, after };
  };
}

/** The words of a case as one text. */
export function wordsOf({ turns }: { turns: Turn[] }): string {
  return turns.map(({ text }) => text).join(' / ');
}

function toCase(from: z.infer<typeof line>): RiskCase {
  const turns: Turn[] = from.text === undefined ? [] : [{ text: from.text, expected: null, after: 0 }];
  let asked: Asked | undefined;
  for (const turn of from.turns ?? []) {
    if (typeof turn === 'object' && 'bot' in turn) {
      const expects = kindOfAnswer.safeParse(turn.expects).data;
      asked = expects && { expects, question: turn.bot };
      continue;
    }
    const { text, after, ...told } = typeof turn === 'string' ? { text: turn } : turn;
    const expected = 'expected' in told || 'expected_cumulative_severity' in told ? told : {};
    turns.push({
      text,
      expected: expected.expected ?? expected.expected_cumulative_severity ?? null,
      after: after ?? USUAL_GAP_S,
      ...(asked && { asked }),
    });
    asked = undefined;
  }
  const severity = from.severity ?? turns.at(-1)?.expected;
  if (turns.length === 0 || severity === undefined || severity === null)
    throw new Error('No text, or no severity.');
  return { turns, category: from.category, severity, note: from.note };
}
