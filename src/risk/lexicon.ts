/**
 * The risk words of all languages: `locales/<lng>/risk.yaml` and `locales/<lng>/risk/*.yaml` → one compiled lexicon. Nothing half-right
 * is ever used: either every file is sound and every row's own examples come out as written, or all problems are listed with their lines.
 */

import type { Severity } from '../channels/protocol.ts';
import { fingerprint } from '../fingerprint.ts';
import type { Category } from './categories.ts';
import { judge, type Outcome } from './context.ts';
import { addForms, type Forms, followed, longFormsOf, type Spellings } from './forms.ts';
import { type Path, type RiskFile, readLexiconFile, SIGNS, type Sign } from './lexicon-file.ts';
import {
  addConcept,
  addRule,
  type Finished,
  finish,
  type Into,
  type Net,
  newNet,
  newSymbol,
  type Term,
} from './net.ts';
import { oneWord, parsePattern } from './pattern.ts';

export { CATEGORIES, type Category } from './categories.ts';

/** `entry` numbers the row (or raise, shield, sign) a pattern belongs to; `tongue` is its language as a bit; `id` is what a worker is shown. */
type Origin = { entry: number; language: string; tongue: number; id: string };
export type RowRule = Origin & {
  kind: 'row';
  category: Category;
  severity: Severity;
  negatable: boolean;
  jokable: boolean;
};
export type RaiseRule = Origin & { kind: 'raise'; name: string; categories: ReadonlySet<Category> };
/** All of `needs` stand within so many words of each other, with none of `not` nearby. See concepts.ts. */
export type ConceptRule = Origin & {
  kind: 'rule';
  category: Category;
  severity: Severity;
  negatable: boolean;
  jokable: boolean;
  needs: readonly Term[];
  not: readonly Term[];
  within: number;
  ordered: boolean;
};
export type Rule =
  | RowRule
  | RaiseRule
  | ConceptRule
  | (Origin & { kind: 'shield' })
  | (Origin & { kind: 'sign'; sign: Sign });

/** Compiled and read-only. `version` is a hash of the files' content: it names what was in force when a message was read. */
export type Lexicon = Finished & {
  version: string;
  forms: Forms;
  /** The concepts that some rule asks for. */
  watched: ReadonlySet<Term>;
  rules: readonly Rule[];
  /** Those of `rules` that are found by looking at concepts, by their first need. */
  conceptRules: ReadonlyMap<Term, readonly ConceptRule[]>;
};

export type LexiconProblem = { file: string; line: number; message: string };
export type LexiconSource = { language: string; file: string; source: string };

/**
 * Compiles the files of all languages into one lexicon, or lists everything that is wrong (line numbers from 1). The files of one
 * language share their concepts. Runs every row's own examples, unless `examples` is false because they were run when these very
 * files were checked: a hit must reach the row's severity through that row, a miss must not. Never throws.
 */
export function parseLexicon(
  files: LexiconSource[],
  { examples = true } = {},
): { lexicon: Lexicon; problems: [] } | { lexicon: null; problems: LexiconProblem[] } {
  const draft: Draft = { net: newNet(), forms: new Map(), rules: [], entries: [], problems: [] };
  const languages = Map.groupBy(files, ({ language }) => language);
  for (const [number, [language, own]] of [...languages].entries())
    addLanguage(draft, language, 1 << number, own);
  const { problems, net, rules, forms } = draft;
  if (problems.length > 0) return { lexicon: null, problems };
  const lexicon: Lexicon = {
    version: hashOf(files),
    forms,
    ...finish(net),
    rules,
    ...byFirstNeed(rules),
  };
  if (examples) for (const entry of draft.entries) problems.push(...checkExamples(lexicon, entry));
  return problems.length > 0 ? { lexicon: null, problems } : { lexicon, problems: [] };
}

function byFirstNeed(rules: readonly Rule[]): Pick<Lexicon, 'conceptRules' | 'watched'> {
  const watched = new Set<Term>();
  const conceptRules = new Map<Term, ConceptRule[]>();
  for (const rule of rules) {
    if (rule.kind !== 'rule') continue;
    for (const symbol of [...rule.needs, ...rule.not]) watched.add(symbol);
    const [first = -1] = rule.needs;
    const list = conceptRules.get(first);
    if (list) list.push(rule);
    else conceptRules.set(first, [rule]);
  }
  return { watched, conceptRules };
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
  net: Net;
  forms: Forms;
  rules: Rule[];
  entries: Entry[];
  problems: LexiconProblem[];
};

/** One file of a language while it is compiled. */
type Compile = {
  draft: Draft;
  into: Into;
  language: string;
  file: string;
  content: RiskFile;
  lineOf: (path: Path) => number;
};

/** First everything that the files of a language share, then what uses it. */
function addLanguage(draft: Draft, language: string, number: number, sources: LexiconSource[]): void {
  const tongue = {
    language,
    symbols: new Map<string, Term>(),
    longForms: new Map<string, readonly (readonly string[])[]>(),
    concepts: new Map<string, Term>(),
    choices: new Map<string, Term>(),
  };
  const compiles: Compile[] = [];
  for (const { file, source } of sources) {
    const read = readLexiconFile(file, source);
    if (read.content)
      compiles.push({ draft, into: { net: draft.net, tongue, number }, language, file, ...read });
    else draft.problems.push(...read.problems);
  }
  const spellings = followed(readSpellings(compiles));
  tongue.longForms = longFormsOf(spellings);
  for (const compile of compiles) nameConcepts(compile);
  for (const compile of compiles) addFile(compile);
  const all = <Key extends 'fillers' | 'carriers'>(key: Key) =>
    compiles.flatMap(({ content }) => content[key]);
  const negation = compiles.flatMap(({ content }) => content.signs.negation ?? []);
  const ways = { fillers: all('fillers'), carriers: all('carriers'), signs: { negation } };
  if (draft.problems.length === 0) addForms(draft.forms, draft.net, tongue, number, spellings, ways);
}

/** The text-speak table of a language. */
function readSpellings(compiles: Compile[]): Spellings {
  const table = new Map<string, readonly (readonly string[])[]>();
  for (const compile of compiles) {
    for (const [alias, meanings] of Object.entries(compile.content.readings)) {
      attempt(compile, ['readings', alias], () => {
        const word = oneWord(alias);
        const read = meanings.map(meaning => meaning.split(/\s+/).map(oneWord));
        table.set(word, [...(table.get(word) ?? []), ...read]);
      });
    }
  }
  return table;
}

function nameConcepts(compile: Compile): void {
  const { content, into } = compile;
  for (const name of Object.keys(content.concepts)) {
    attempt(compile, ['concepts', name], () => {
      if (into.tongue.concepts.has(name)) throw new Error(`there is another concept "${name}"`);
      into.tongue.concepts.set(name, newSymbol(into.net, into.number));
    });
  }
}

function addFile(compile: Compile): void {
  const { content } = compile;
  for (const word of [...content.fillers, ...content.carriers])
    attempt(compile, ['fillers'], () => oneWord(word));
  for (const [name, patterns] of Object.entries(content.concepts)) addNamed(compile, name, patterns);
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
  for (const [i, rule] of content.rules.entries()) addConceptRule(compile, rule, i);
}

function addNamed(compile: Compile, name: string, patterns: string[]): void {
  const concept = compile.into.tongue.concepts.get(name);
  if (concept === undefined) return;
  patterns.forEach((pattern, i) => {
    attempt(compile, ['concepts', name, i], () => addConcept(compile.into, parsePattern(pattern), concept));
  });
}

function addConceptRule(
  compile: Compile,
  { name, needs, not, hits, misses, ...rule }: RiskFile['rules'][number],
  at: number,
): void {
  const { draft, language, file, lineOf } = compile;
  const symbols = (key: string, list: string[]) =>
    list.flatMap((need, i) => {
      const found: Term[] = [];
      attempt(compile, ['rules', at, key, i], () => found.push(needSymbol(compile.into, need)));
      return found;
    });
  const entry = draft.entries.length;
  draft.rules.push({
    ...rule,
    entry,
    language,
    tongue: compile.into.number,
    id: `${language} rule: ${name}`,
    kind: 'rule',
    needs: symbols('needs', needs),
    not: symbols('not', not),
  });
  const lineOfExample = (example: Path) => lineOf(['rules', at, ...example]);
  draft.entries.push({ entry, file, kind: 'rule', hits, misses, lineOf: lineOfExample });
}

/** A need is a pattern of its own, in which a concept may go without its braces: `carer/partner`, `{carer} ~2 shouts`. */
function needSymbol(into: Into, need: string): Term {
  const { concepts, choices } = into.tongue;
  const known = concepts.get(need) ?? choices.get(`need ${need}`);
  if (known !== undefined) return known;
  if (/^\w+$/.test(need)) throw new Error(`there is no concept "${need}"`);
  const braced = need.replace(/(?<![^\s(/])[a-z]\w*(?![^\s)/])/gi, word =>
    concepts.has(word) || word.includes('_') ? `{${word}}` : word,
  );
  const parts = parsePattern(braced);
  const made = newSymbol(into.net, into.number);
  choices.set(`need ${need}`, made);
  addConcept(into, parts, made);
  return made;
}

/** One row of any kind with its patterns; `examples` is null for signs, which are tried out by the rows that use them. */
function addEntry(
  compile: Compile,
  patterns: string[],
  path: Path,
  examples: { hits: string[]; misses: string[] } | null,
  rule: (origin: Origin) => Rule,
): void {
  const { draft, into, language, file, lineOf } = compile;
  const entry = draft.entries.length;
  let kind: Rule['kind'] = 'sign';
  for (const pattern of patterns) {
    attempt(compile, [...path, 'pattern'], () => {
      const made = rule({ entry, language, tongue: into.number, id: `${language}: ${pattern}` });
      kind = made.kind;
      addRule(into, parsePattern(pattern), draft.rules.length);
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
