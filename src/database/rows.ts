import { CompiledQuery, PostgresAdapter } from 'kysely';
import type { Engine, Tx } from './database.ts';
import type { Tables } from './tables.ts';

/** Rows written by one statement. Powers of two, so that few texts serve every number of rows. */
const SIZES = [128, 64, 32, 16, 8, 4, 2, 1] as const;

const texts = new Map<string, string>();

/**
 * Inserts many rows by few statements, whose texts are made once: every message passes here, and building them
 * anew each time cost a tenth of its turn.
 * @param then what follows the values, such as `on conflict …`; the same for every call with these columns.
 * @returns how many rows were inserted or changed.
 */
export async function insertRows<T extends keyof Tables, C extends string & keyof Tables[T]>(
  tx: Tx,
  into: { table: T; columns: readonly C[]; then?: string },
  rows: readonly Tables[T][],
): Promise<number> {
  const engine = tx.getExecutor().adapter instanceof PostgresAdapter ? 'postgres' : 'sqlite';
  let changed = 0;
  for (let start = 0; start < rows.length; ) {
    const size = SIZES.find(fits => fits <= rows.length - start) ?? 1;
    const values = rows.slice(start, start + size).flatMap(row => into.columns.map(column => row[column]));
    const result = await tx.executeQuery(CompiledQuery.raw(textFor(engine, into, size), values));
    changed += Number(result.numAffectedRows ?? 0);
    start += size;
  }
  return changed;
}

function textFor(
  engine: Engine,
  into: { table: string; columns: readonly string[]; then?: string },
  size: number,
): string {
  const name = `${engine} ${into.table} ${size}`;
  const known = texts.get(name);
  if (known !== undefined) return known;
  const width = into.columns.length;
  const row = (i: number) =>
    `(${into.columns.map((_, j) => (engine === 'sqlite' ? '?' : `$${i * width + j + 1}`)).join(', ')})`;
  const values = Array.from({ length: size }, (_, i) => row(i)).join(', ');
  const text = `insert into ${into.table} (${into.columns.join(', ')}) values ${values} ${into.then ?? ''}`;
  texts.set(name, text);
  return text;
}
