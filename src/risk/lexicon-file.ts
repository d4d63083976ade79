/** The shape of `locales/<lng>/risk.yaml`, and how its mistakes are reported: strictly, all at once, with lines. */
import { CORE_SCHEMA, load } from 'js-yaml';
import { isMap, isNode, LineCounter, parseDocument, visit } from 'yaml';
import { z } from 'zod';
import { CATEGORIES } from './categories.ts';
import type { LexiconProblem } from './lexicon.ts';

const words = z.array(z.string()).default([]);
const patterns = z.union([z.string().transform(one => [one]), z.array(z.string()).min(1)]);
const examples = { hits: z.array(z.string()).min(1), misses: z.array(z.string()).min(1) };

const Row = z.strictObject({
  category: z.enum(CATEGORIES),
  severity: z.literal([1, 2, 3]),
  pattern: patterns,
  ...examples,
  negatable: z.boolean().default(false),
  jokable: z.boolean().default(false),
});

const Raise = z.strictObject({
  name: z.string(),
  categories: z.array(z.enum(CATEGORIES)).min(1),
  pattern: patterns,
  ...examples,
});
const Shield = z.strictObject({ pattern: patterns, ...examples });

/** Concepts that mean a risk when they stand close together. A need is one concept, or several that will do: `carer/partner`. */
const Rule = z.strictObject({
  name: z.string().min(1),
  category: z.enum(CATEGORIES),
  severity: z.literal([1, 2, 3]),
  needs: z.array(z.string()).min(2),
  not: z.array(z.string()).default([]),
  within: z.int().min(2).max(40).default(12),
  ordered: z.boolean().default(true),
  ...examples,
  negatable: z.boolean().default(true),
  jokable: z.boolean().default(false),
});

/** Words around a match that change how it is read. */
export const SIGNS = ['negation', 'notNegation', 'contrast', 'joke', 'notJoke', 'past', 'present'] as const;
export type Sign = (typeof SIGNS)[number];

const RiskFile = z.strictObject({
  readings: z
    .record(z.string(), z.union([z.string().transform(one => [one]), z.array(z.string())]))
    .default({}),
  fillers: words,
  carriers: words,
  signs: z.partialRecord(z.enum(SIGNS), z.array(z.string())).default({}),
  raises: z.array(Raise).default([]),
  shields: z.array(Shield).default([]),
  rows: z.array(Row).default([]),
  concepts: z.record(z.string(), patterns).default({}),
  rules: z.array(Rule).default([]),
});
export type RiskFile = z.output<typeof RiskFile>;

/** A position in the file, as keys and indexes from the top. */
export type Path = readonly (string | number)[];

export type FileRead =
  | { content: RiskFile; lineOf: (path: Path) => number; problems: [] }
  | { content: null; problems: LexiconProblem[] };

/**
 * Reads one file (YAML 1.2 core; duplicate keys, anchors, aliases and tags are refused). Never throws; lines count from 1.
 * These files are long and read at every start, so a file without a fault is read by js-yaml (measured: twenty times as
 * fast as `yaml`, the same values); only when something is wrong, or a line is asked for, it is read with its positions.
 */
export function readLexiconFile(file: string, source: string): FileRead {
  const quick = quickly(source);
  if (quick === null) return readWithLines(file, source);
  let slow: FileRead | null = null;
  const lineOf = (path: Path) => {
    slow ??= readWithLines(file, source);
    return slow.content ? slow.lineOf(path) : 1;
  };
  return { content: quick, lineOf, problems: [] };
}

/** What may be an anchor, an alias or a tag: then the careful reading decides. */
const PERHAPS_REFUSED = /(^|[\s,[{:-])[&*!]\S/m;

function quickly(source: string): RiskFile | null {
  if (PERHAPS_REFUSED.test(source)) return null;
  try {
    const checked = RiskFile.safeParse(load(source, { schema: CORE_SCHEMA }));
    return checked.success ? checked.data : null;
  } catch {
    return null;
  }
}

function readWithLines(file: string, source: string): FileRead {
  const lines = new LineCounter();
  const document = parseDocument(source, {
    version: '1.2',
    schema: 'core',
    lineCounter: lines,
    prettyErrors: false,
  });
  const problems: LexiconProblem[] = [];
  const report = (offset: number, message: string) => {
    problems.push({ file, line: Math.max(1, lines.linePos(offset).line), message });
  };
  for (const error of [...document.errors, ...document.warnings]) report(error.pos[0], error.message);
  visit(document, {
    Alias: (_, node) => report(node.range?.[0] ?? 0, 'aliases (*name) are not allowed'),
    Value: (_, node) => {
      if (node.anchor !== undefined) report(node.range?.[0] ?? 0, 'anchors (&name) are not allowed');
      if (node.tag !== undefined) report(node.range?.[0] ?? 0, 'tags (!name) are not allowed');
    },
  });
  if (problems.length > 0) return { content: null, problems };
  const offsetOf = (path: Path): number => {
    for (let length = path.length; length >= 0; length--) {
      const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return node.range[0];
      const parent = document.getIn(path.slice(0, length - 1), true);
      if (isMap(parent) && parent.range) return parent.range[0];
    }
    return 0;
  };
  const checked = RiskFile.safeParse(document.toJS());
  if (!checked.success) {
    for (const issue of checked.error.issues) {
      const path = issue.path.filter(key => typeof key !== 'symbol');
      report(offsetOf(path), `${path.join('.')}: ${issue.message}`);
    }
    return { content: null, problems };
  }
  return {
    content: checked.data,
    lineOf: path => Math.max(1, lines.linePos(offsetOf(path)).line),
    problems: [],
  };
}
