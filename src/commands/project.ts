import { readConfig } from '../config.ts';
import { FLOWS_DIR, LOCALES_DIR } from '../content.ts';
import { type Database, openDatabase } from '../database/database.ts';
import type { Problem } from '../flows/flow.ts';
import { FlowProblems } from '../flows/store.ts';
import { type Standing, standings, type Translation } from '../flows/translation.ts';

/** Where the commands find the flows, the texts and their settings: the project's own, or another's for a test. */
export type Project = { flowsDir: string; localesDir: string; env: Record<string, string | undefined> };

/** This project, as it was started. */
export const OWN: Project = { flowsDir: FLOWS_DIR, localesDir: LOCALES_DIR, env: process.env };

/** How many texts of `language` stand in each way beside the English. */
export function countStandings(
  english: Record<string, Record<string, string>>,
  translations: Translation[],
  language: string,
): Record<Standing, number> {
  const counts = { missing: 0, stale: 0, draft: 0, done: 0 };
  for (const { standing } of standings(english, translations, language)) counts[standing] += 1;
  return counts;
}

/** The languages that anything is translated into, without English. */
export function languagesOf(translations: Translation[]): string[] {
  return [...new Set(translations.map(({ language }) => language))].sort();
}

/** Opens the database of the project's settings, and closes it again. @throws ConfigProblems */
export async function withDatabase<T>({ env }: Project, use: (database: Database) => Promise<T>): Promise<T> {
  const { config, secrets } = readConfig(env);
  const database = await openDatabase({ dataDir: config.dataDir, databaseUrl: secrets.databaseUrl });
  try {
    return await use(database);
  } finally {
    await database.close();
  }
}

/** What `read` gives, or the problems of the files for which it could not. */
export function orProblems<T>(
  read: () => T,
): { found: T; problems: Problem[] } | { found: null; problems: Problem[] } {
  try {
    return { found: read(), problems: [] };
  } catch (error) {
    if (!(error instanceof FlowProblems)) throw error;
    return { found: null, problems: error.problems };
  }
}

/** Each on a line of its own, to standard error. */
export function printProblems(problems: Problem[]): void {
  for (const { file, line, message } of problems) console.error(`${file}:${line}  ${message}`);
}
