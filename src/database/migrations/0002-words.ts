import { type Kysely, sql } from 'kysely';
import type { Tables } from '../tables.ts';

/**
 * Bundles hold what staff wrote (files and translations), found by content and by structure; approvals of texts; and
 * the time of day between which a phone may be texted. A bundle of before holds nothing that its files do not.
 */
export async function up(db: Kysely<Tables>, engine: 'sqlite' | 'postgres'): Promise<void> {
  const int = engine === 'sqlite' ? 'integer' : 'bigint';
  const strict = engine === 'sqlite' ? ' strict' : '';
  for (const statement of [
    'drop table bundle',
    `create table bundle (
      hash text primary key, structure text not null, content text not null, made_at ${int} not null)${strict}`,
    'create index bundle_of_structure on bundle (structure, made_at)',
    `create table approval (
      hash text primary key, language text not null, approved_by text not null, approved_at ${int} not null)${strict}`,
    'alter table contact_point add column safe_between text',
  ])
    await sql.raw(statement).execute(db);
}
