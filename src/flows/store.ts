import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Db } from '../database/database.ts';
import { SOURCE_LANGUAGE, type Texts } from '../words.ts';
import { type Bundle, makeBundle, structureOf } from './bundle.ts';
import { checkFlows, NEVER_PINNED } from './check.ts';
import { type Flow, type Problem, type ReadFlow, readFlow } from './flow.ts';
import { smsProblems } from './readable.ts';
import { readTranslation, type Translation } from './translation.ts';

/** A folder of `locales` that is a language (ISO 639); whatever else stands there is no translation. */
const LANGUAGE = /^[a-z]{2,3}$/;

/** Bundles kept compiled: the live one and those whose structure conversations begun earlier still stand on. */
const KEPT_BUNDLES = 20;

/** Flow files that cannot be used; nothing of them is live. */
export class FlowProblems extends Error {
  readonly problems: Problem[];
  constructor(problems: Problem[]) {
    super(problems.map(({ file, line, message }) => `${file}:${line}  ${message}`).join('\n'));
    this.name = 'FlowProblems';
    this.problems = problems;
  }
}

/** Flows with the files they were read from, by name. */
export type FlowFiles = { flows: Flow[]; reads: ReadFlow[]; sources: Record<string, string> };

/**
 * Reads and checks every `*.yaml` in `dir`.
 * @param service the fixed lines in English
 * @throws FlowProblems with every problem of every file.
 */
export function readFlowFiles(dir: string, service: Record<string, string>): FlowFiles {
  const names = readdirSync(dir)
    .filter(name => name.endsWith('.yaml'))
    .sort();
  return readFlowSources(
    Object.fromEntries(names.map(name => [`flows/${name}`, readFileSync(join(dir, name), 'utf8')])),
    service,
  );
}

function readFlowSources(sources: Record<string, string>, service: Record<string, string>): FlowFiles {
  const results = Object.entries(sources).map(([file, source]) => readFlow(source, file));
  const problems = results.flatMap(result => result.problems);
  const reads = results.flatMap(result => (result.read ? [result.read] : []));
  // Names are checked only when every file could be read: a file with a slip is not a missing flow.
  const all =
    problems.length > 0 ? problems : [...checkFlows(reads, service), ...smsProblems(reads, service)];
  if (all.length > 0) throw new FlowProblems(all);
  return { flows: reads.map(read => read.flow), reads, sources };
}

/** The fixed lines in English, from `locales/en/service.json`. */
export function readServiceLines(dir: string): Record<string, string> {
  return JSON.parse(readFileSync(join(dir, SOURCE_LANGUAGE, 'service.json'), 'utf8'));
}

/** Every translation in `locales/<language>/<flow>.json`. @throws FlowProblems with what is wrong in any of them. */
export function readTranslations(dir: string): Translation[] {
  const languages = readdirSync(dir, { withFileTypes: true }).filter(
    entry => entry.isDirectory() && LANGUAGE.test(entry.name) && entry.name !== SOURCE_LANGUAGE,
  );
  const results = languages.flatMap(({ name: language }) =>
    readdirSync(join(dir, language))
      .filter(file => file.endsWith('.json'))
      .map(file =>
        readTranslation(
          readFileSync(join(dir, language, file), 'utf8'),
          `locales/${basename(language)}/${file}`,
        ),
      ),
  );
  const problems = results.flatMap(result => result.problems);
  if (problems.length > 0) throw new FlowProblems(problems);
  return results.flatMap(result => (result.translation ? [result.translation] : []));
}

/** `get` reads through `from`, so that inside a transaction it does not wait for that transaction. */
export type Bundles = { live: Bundle; get(hash: string, from: Db): Promise<Bundle> };

/**
 * Makes the flows and their words a bundle, keeps it in the database, and finds the bundle of any conversation. One
 * that began before the flows changed stays on the structure it began with; its words are the newest of that
 * structure. The emergency steps and the fixed lines are the live ones for everybody.
 * @param texts in English and every offered language
 */
export async function openBundles(
  db: Db,
  files: Pick<FlowFiles, 'flows' | 'sources'>,
  texts: Texts,
  now: number,
): Promise<Bundles> {
  const content = JSON.stringify({ sources: files.sources, texts });
  const hash = hashOf(content);
  const structure = hashOf(structureOf(files.flows));
  await db
    .insertInto('bundle')
    .values({ hash, structure, content, made_at: now })
    .onConflict(found => found.column('hash').doUpdateSet({ made_at: now }))
    .execute();
  const live = makeBundle(hash, files.flows, texts);
  const pinned = files.flows.filter(flow => NEVER_PINNED.some(name => name === flow.flow));
  const kept = new Map([[hash, live]]);
  return {
    live,
    async get(wanted, from) {
      const known = kept.get(wanted);
      if (known) return known;
      const bundle = (await read(wanted, from)) ?? live;
      const oldest = [...kept.keys()].find(key => key !== hash);
      if (kept.size >= KEPT_BUNDLES && oldest) kept.delete(oldest);
      kept.set(wanted, bundle);
      return bundle;
    },
  };

  /** Null when its structure is the live one, or nothing is known of it: its steps are then looked for in the live one. */
  async function read(wanted: string, from: Db): Promise<Bundle | null> {
    const row = await from
      .selectFrom('bundle as old')
      .innerJoin('bundle as newest', 'newest.structure', 'old.structure')
      .selectAll('newest')
      .where('old.hash', '=', wanted)
      .orderBy('newest.made_at', 'desc')
      .limit(1)
      .executeTakeFirst();
    if (!row || row.structure === structure) return null;
    const stored: { sources: Record<string, string>; texts: Texts } = JSON.parse(row.content);
    const old = Object.entries(stored.sources).flatMap(([file, source]) => readFlow(source, file).read ?? []);
    const flows = old
      .map(({ flow }) => flow)
      .filter(flow => !pinned.some(({ flow: name }) => name === flow.flow));
    const offered = Object.entries(texts).map(([language, own]) => {
      const neverPinned = ['service', ...NEVER_PINNED].map(name => [name, own[name] ?? {}]);
      return [language, { ...stored.texts[language], ...Object.fromEntries(neverPinned) }];
    });
    return makeBundle(wanted, [...flows, ...pinned], Object.fromEntries(offered));
  }
}

function hashOf(content: string): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 16);
}
