import { type Kysely, sql } from 'kysely';
import type { Tables } from '../tables.ts';

/** An alert that only adds to one that is open already (`rings` 0) rings nobody again: that is what keeps people awake to the others. */
export async function up(db: Kysely<Tables>, engine: 'sqlite' | 'postgres'): Promise<void> {
  const int = engine === 'sqlite' ? 'integer' : 'bigint';
  await sql.raw(`alter table alert add column rings ${int} not null default 1`).execute(db);
}
