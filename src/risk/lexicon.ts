/**
 * The risk words of all languages: `locales/<lng>/risk.yaml` → one compiled lexicon. Nothing half-right is ever used:
 * either every file is sound and every row's own examples come out as written, or all problems are listed with their lines.
 */

import type { Severity } from '../channels/protocol.ts';
import { fingerprint } from '../fingerprint.ts';
import type { Category } from './categories.ts';
import { judge, type Outcome } from './context.ts';
import { type Path, type RiskFile, readLexiconFile, SIGNS, type Sign } from './lexicon-file.ts';
import { oneWord, type Part, parsePattern } from './pattern.ts';
import {
  type Aliases,
  type Grower,
  growPattern,
  indexReadings,
  mergeNodes,
  type Node,
  newGrower,
  type Reading,
  type Words,
  wordId,
} from './tree.ts';

export { CATEGORIES, type Category } from './categories.ts';

/** `entry` numbers the row (or raise, shield, sign) a pattern belongs to; `id` is what a worker is shown. */
type Origin = { entry: number; language: string; id: string };
export type RowRule = Origin & {
  kind: 'row';
  category: Category;
  severity: Severity;
  negatable: boolean;
  jokable: boolean;
};
export type RaiseRule = Origin & { kind: 'raise'; name: string; categories: ReadonlySet<Category> };
export type Rule =
  | RowRule
  | RaiseRule
  | (Origin & { kind: 'shield' })
  | (Origin & { kind: 'sign'; sign: Sign });

/** Compiled and read-only. `version` is a hash of the files' content: it names what was in force when a message was read. */
export type Lexicon = {
  version: string;
  words: Words;
  root: Node;
  rules: readonly Rule[];
  /** Words that may stand between two words of any pattern ("just", "really"). */
  fillers: ReadonlySet<number>;
  /** Words that carry a negation on to what follows ("not GOING TO kill myself"). */
  carriers: ReadonlySet<number>;
  /** Single words that deny, so that a gap filled by one is seen as a denial. */
  negators: ReadonlySet<number>;
};

export type LexiconProblem = { file: string; line: number; message: string };
export type LexiconSource = { language: string; file: string; source: string };

/**
 * Compiles the files of all languages into one lexicon, or lists everything that is wrong (line numbers from 1). Runs every
 * row's own examples: a hit must reach the row's severity through that row, a miss must not. Never throws.
 */
export function parseLexicon(
  files: LexiconSource[],
): { lexicon: Lexicon; problems: [] } | { lexicon: null; problems: LexiconProblem[] } {
  const draft: Draft = {
    grower: newGrower(),
    rules: [],
    roots: [],
    fillers: new Set(),
    carriers: new Set(),
    negators: new Set(),
    entries: [],
    problems: [],
  };
  for (const file of files) {
    const read = readLexiconFile(file.file, file.source);
    if (read.content) addFile(draft, file, read.content, read.lineOf);
    else draft.problems.push(...read.problems);
  }
  const { problems, grower, rules, fillers, carriers, negators } = draft;
  if (problems.length > 0) return { lexicon: null, problems };
  const root = mergeNodes(
    grower,
    draft.roots.length > 0 ? draft.roots : [{ id: -1, edges: new Map(), any: null, ends: [] }],
  );
  const lexicon: Lexicon = {
    version: hashOf(files),
    words: grower.words,
    root,
    rules,
    fillers,
    carriers,
    negators,
  };
  for (const entry of draft.entries) problems.push(...checkExamples(lexicon, entry));
  return problems.length > 0 ? { lexicon: null, problems } : { lexicon, problems: [] };
}

type Entry = {
  entry: number;
  file: string;
  kind: Rule['kind'];
  hits: string[];
  misses: string[];
  lineOf: (example: Path) => number;
};

type Draft = {
  grower: Grower;
  rules: Rule[];
  roots: Node[];
  fillers: Set<number>;
  carriers: Set<number>;
  negators: Set<number>;
  entries: Entry[];
  problems: LexiconProblem[];
};

type Compile = {
  draft: Draft;
  language: string;
  file: string;
  aliases: Aliases;
  macros: Map<string, Part[]>;
  lineOf: (path: Path) => number;
};

function addFile(
  draft: Draft,
  { language, file }: LexiconSource,
  content: RiskFile,
  lineOf: (path: Path) => number,
): void {
  const compile: Compile = {
    draft,
    language,
    file,
    aliases: indexReadings(draft.grower, []),
    macros: new Map(),
    lineOf,
  };
  const readings = readReadings(compile, content);
  compile.aliases = indexReadings(draft.grower, readings);
  for (const word of content.fillers) addWord(compile, draft.fillers, word, readings, ['fillers']);
  for (const word of content.carriers) addWord(compile, draft.carriers, word, readings, ['carriers']);
  addCarryingAliases(draft, readings);
  const denying = new Set((content.signs.negation ?? []).filter(sign => !/[\s({~?]/.test(sign)));
  for (const word of denying) addWord(compile, draft.negators, word, readings, ['signs', 'negation']);
  for (const { alias, meaning } of readings) {
    if (meaning.some(word => denying.has(word))) draft.negators.add(wordId(draft.grower.words, alias));
  }
  for (const [name, body] of Object.entries(content.macros)) {
    attempt(compile, ['macros', name], () => compile.macros.set(name, parsePattern(body, compile.macros)));
  }
  for (const sign of SIGNS) {
    const list = content.signs[sign] ?? [];
    addEntry(compile, list, ['signs', sign], null, origin => ({ ...origin, kind: 'sign', sign }));
  }
  content.raises.forEach(({ pattern, name, categories, ...examples }, i) => {
    addEntry(compile, pattern, ['raises', i], examples, origin => ({
      ...origin,
      kind: 'raise',
      name,
      categories: new Set(categories),
    }));
  });
  content.shields.forEach(({ pattern, ...examples }, i) => {
    addEntry(compile, pattern, ['shields', i], examples, origin => ({ ...origin, kind: 'shield' }));
  });
  content.rows.forEach(({ pattern, hits, misses, ...row }, i) => {
    addEntry(compile, pattern, ['rows', i], { hits, misses }, origin => ({ ...origin, kind: 'row', ...row }));
  });
}

/** One row of any kind with its patterns; `examples` is null for signs, which are tried out by the rows that use them. */
function addEntry(
  compile: Compile,
  patterns: string[],
  path: Path,
  examples: { hits: string[]; misses: string[] } | null,
  rule: (origin: Origin) => Rule,
): void {
  const { draft, language, file, lineOf } = compile;
  const entry = draft.entries.length;
  let kind: Rule['kind'] = 'sign';
  for (const pattern of patterns) {
    attempt(compile, [...path, 'pattern'], () => {
      const made = rule({ entry, language, id: `${language}: ${pattern}` });
      kind = made.kind;
      draft.roots.push(
        growPattern(draft.grower, parsePattern(pattern, compile.macros), draft.rules.length, compile.aliases),
      );
      draft.rules.push(made);
    });
  }
  const { hits, misses } = examples ?? { hits: [], misses: [] };
  draft.entries.push({ entry, file, kind, hits, misses, lineOf: example => lineOf([...path, ...example]) });
}

function attempt(compile: Compile, path: Path, act: () => void): void {
  try {
    act();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    compile.draft.problems.push({ file: compile.file, line: compile.lineOf(path), message });
  }
}

/** The text-speak table, each alias also with what its meanings stand for: dnt → dont → do not. */
function readReadings(compile: Compile, content: RiskFile): Reading[] {
  const table = new Map<string, string[][]>();
  for (const [alias, meanings] of Object.entries(content.readings)) {
    attempt(compile, ['readings', alias], () =>
      table.set(
        oneWord(alias),
        meanings.map(meaning => meaning.split(/\s+/).map(oneWord)),
      ),
    );
  }
  const readings: Reading[] = [];
  for (const [alias, meanings] of table) {
    for (const meaning of meanings) {
      readings.push({ alias, meaning });
      const further = meaning.length === 1 ? (table.get(meaning[0] ?? '') ?? []) : [];
      for (const long of further) readings.push({ alias, meaning: long });
    }
  }
  return readings;
}

function addWord(compile: Compile, set: Set<number>, word: string, readings: Reading[], path: Path): void {
  attempt(compile, path, () => {
    const plain = oneWord(word);
    set.add(wordId(compile.draft.grower.words, plain));
    for (const { alias, meaning } of readings) {
      if (meaning.length === 1 && meaning[0] === plain) set.add(wordId(compile.draft.grower.words, alias));
    }
  });
}

/** "gonna" carries a negation on because "going" and "to" both do. */
function addCarryingAliases({ grower, carriers }: Draft, readings: Reading[]): void {
  for (const { alias, meaning } of readings) {
    if (meaning.every(word => carriers.has(wordId(grower.words, word))))
      carriers.add(wordId(grower.words, alias));
  }
}

function checkExamples(lexicon: Lexicon, entry: Entry): LexiconProblem[] {
  const fires = (text: string) => judge(lexicon, text, 0).outcomes.some(outcome => isWorkOf(entry, outcome));
  const problems: LexiconProblem[] = [];
  entry.hits.forEach((text, i) => {
    if (!fires(text))
      problems.push({
        file: entry.file,
        line: entry.lineOf(['hits', i]),
        message: `hit ${i + 1} is not found by its own row`,
      });
  });
  entry.misses.forEach((text, i) => {
    if (fires(text))
      problems.push({
        file: entry.file,
        line: entry.lineOf(['misses', i]),
        message: `miss ${i + 1} is found by its row`,
      });
  });
  return problems;
}

function isWorkOf({ entry, kind }: Entry, { rule, severity, raisedBy, shieldedBy }: Outcome): boolean {
  if (kind === 'row') return rule.entry === entry && severity >= rule.severity;
  return (kind === 'raise' ? raisedBy?.rule : shieldedBy)?.entry === entry;
}

/** It names a version of the words. */
function hashOf(files: LexiconSource[]): string {
  const contents = files.map(({ language, source }) => `${language}\n${source}`);
  return fingerprint(contents.sort().join('\n'));
}
