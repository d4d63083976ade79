import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { inject } from 'vitest';

/** Both databases that Cairn runs on. A suite about storage loops over them. */
export const ENGINES = ['sqlite', 'postgres'] as const;

export type FreshPostgres = { url: string; drop(): Promise<void> };

/**
 * Makes an empty database with a random name on the PostgreSQL of this test run.
 * Returns its address (for `DATABASE_URL`) and `drop`, which ends connections that are still open.
 */
export async function freshPostgres(): Promise<FreshPostgres> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await asAdmin(`create database ${name} template template1`);
  const url = new URL(inject('postgresAdminUrl'));
  url.pathname = name;
  return { url: url.href, drop: () => asAdmin(`drop database if exists ${name} with (force)`) };
}

async function asAdmin(statement: string): Promise<void> {
  const client = new Client({ connectionString: inject('postgresAdminUrl') });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
