import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Db } from '../database/database.ts';
import { type Bundle, makeBundle } from './bundle.ts';
import { checkFlows } from './check.ts';
import { type Flow, type Problem, readFlow } from './flow.ts';

/** Bundles kept compiled: the live one and those that conversations begun earlier still stand on. */
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

/** Reads and checks every `*.yaml` in `dir`. @throws FlowProblems with every problem of every file. */
export function readFlowFiles(dir: string): Flow[] {
  const files = readdirSync(dir)
    .filter(name => name.endsWith('.yaml'))
    .sort();
  const results = files.map(name => readFlow(readFileSync(join(dir, name), 'utf8'), `flows/${name}`));
  const problems = results.flatMap(result => result.problems);
  const reads = results.flatMap(result => (result.read ? [result.read] : []));
  // Names are checked only when every file could be read: a file with a slip is not a missing flow.
  const all = problems.length > 0 ? problems : checkFlows(reads);
  if (all.length > 0) throw new FlowProblems(all);
  return reads.map(read => read.flow);
}

/** The fixed lines, by language, from `locales/<language>/service.json`. */
export function readServiceLines(dir: string): Record<string, Record<string, string>> {
  const languages = readdirSync(dir, { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(entry => entry.name);
  return Object.fromEntries(
    languages.map(language => [
      language,
      JSON.parse(readFileSync(join(dir, language, 'service.json'), 'utf8')),
    ]),
  );
}

/** `get` reads through `from`, so that inside a transaction it does not wait for that transaction. */
export type Bundles = { live: Bundle; get(hash: string, from: Db): Promise<Bundle> };

/**
 * Makes the flows a bundle, keeps it in the database, and finds the bundle of any conversation: one that began
 * before the flows changed goes on as it began.
 * @throws Error from `get` when a conversation's bundle is not in the database.
 */
export async function openBundles(
  db: Db,
  flows: Flow[],
  service: Record<string, Record<string, string>>,
  now: number,
): Promise<Bundles> {
  const content = JSON.stringify(flows);
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 16);
  await db
    .insertInto('bundle')
    .values({ hash, content, made_at: now })
    .onConflict(found => found.doNothing())
    .execute();
  const live = makeBundle(hash, flows, service);
  const kept = new Map([[hash, live]]);
  return {
    live,
    async get(wanted, from) {
      const known = kept.get(wanted);
      if (known) return known;
      const row = await from
        .selectFrom('bundle')
        .select('content')
        .where('hash', '=', wanted)
        .executeTakeFirst();
      if (!row) throw new Error(`The bundle ${wanted} is not in the database.`);
      const bundle = makeBundle(wanted, JSON.parse(row.content), service);
      if (kept.size >= KEPT_BUNDLES)
        for (const old of [...kept.keys()].filter(key => key !== hash).slice(0, 1)) kept.delete(old);
      kept.set(wanted, bundle);
      return bundle;
    },
  };
}
