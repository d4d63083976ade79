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
  mergeWhenWalked,
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
/** Each of `needs` is met by any one concept of its list; all stand within so many words of each other. See concepts.ts. */
export type ConceptRule = Origin & {
  kind: 'rule';
  category: Category;
  severity: Severity;
  negatable: boolean;
  jokable: boolean;
  needs: readonly (readonly string[])[];
  not: readonly string[];
  within: number;
  ordered: boolean;
};
export type Rule =
  | RowRule
  | RaiseRule
  | ConceptRule
  | (Origin & { kind: 'concept' })
  | (Origin & { kind: 'shield' })
  | (Origin & { kind: 'sign'; sign: Sign });

/** Compiled and read-only. `version` is a hash of the files' content: it names what was in force when a message was read. */
export type Lexicon = {
  version: string;
  words: Words;
  root: Node;
  rules: readonly Rule[];
  /** Those of `rules` that are found by looking at concepts, not by walking. */
  conceptRules: readonly ConceptRule[];
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
 * row's own examples, unless `examples` is false because they were run when these very files were checked: a hit must reach
 * the row's severity through that row, a miss must not. Never throws.
 */
export function parseLexicon(
  files: LexiconSource[],
  { examples = true } = {},
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
  const root = mergeWhenWalked(
    grower,
    draft.roots.length > 0 ? draft.roots : [{ id: -1, edges: new Map(), any: null, ends: [] }],
  );
  const lexicon: Lexicon = {
    version: hashOf(files),
    words: grower.words,
    root,
    rules,
    conceptRules: rules.filter(rule => rule.kind === 'rule'),
    fillers,
    carriers,
    negators,
  };
  if (examples) for (const entry of draft.entries) problems.push(...checkExamples(lexicon, entry));
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
  for (const [name, list] of Object.entries(content.concepts)) addConcept(compile, name, list);
  for (const [i, rule] of content.rules.entries()) addConceptRule(compile, content, rule, i);
}

/** All patterns of a concept complete one and the same rule, so that a place is marked once. */
function addConcept(compile: Compile, name: string, patterns: string[]): void {
  const { draft, language } = compile;
  const number = draft.rules.length;
  draft.rules.push({ entry: -1, language, id: conceptId(language, name), kind: 'concept' });
  patterns.forEach((pattern, i) => {
    attempt(compile, ['concepts', name, i], () => {
      const parts = parsePattern(pattern, compile.macros);
      draft.roots.push(growPattern(draft.grower, parts, number, compile.aliases));
    });
  });
}

function addConceptRule(
  compile: Compile,
  content: RiskFile,
  { name, needs, not, hits, misses, ...rule }: RiskFile['rules'][number],
  at: number,
): void {
  const { draft, language, file, lineOf } = compile;
  const known = (key: string) => (concept: string) => {
    if (!Object.hasOwn(content.concepts, concept))
      attempt(compile, ['rules', at, key], () => {
        throw new Error(`there is no concept "${concept}"`);
      });
    return conceptId(language, concept);
  };
  const entry = draft.entries.length;
  draft.rules.push({
    ...rule,
    entry,
    language,
    id: `${language} rule: ${name}`,
    kind: 'rule',
    needs: needs.map(need => need.split('/').map(known('needs'))),
    not: not.map(known('not')),
  });
  const lineOfExample = (example: Path) => lineOf(['rules', at, ...example]);
  draft.entries.push({ entry, file, kind: 'rule', hits, misses, lineOf: lineOfExample });
}

/** Concepts of two languages may have one name and are kept apart. */
function conceptId(language: string, name: string): string {
  return `${language} concept: ${name}`;
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
  if (kind === 'row' || kind === 'rule') return rule.entry === entry && severity >= rule.severity;
  return (kind === 'raise' ? raisedBy?.rule : shieldedBy)?.entry === entry;
}

/** It names a version of the words. */
function hashOf(files: LexiconSource[]): string {
  const contents = files.map(({ language, source }) => `${language}\n${source}`);
  return fingerprint(contents.sort().join('\n'));
}
