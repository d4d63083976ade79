import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const HERE = import.meta.dirname;
const ID = /\[([A-Z]+-\d+)\]/g;

const idsIn = (text: string) => [...text.matchAll(ID)].flatMap(([, id]) => id ?? []);

/** The ids that tests carry in their names, and the ids that SPEC.md promises. */
function ids() {
  const tests = globSync('**/*.test.ts', { cwd: HERE }).map(file => readFileSync(join(HERE, file), 'utf8'));
  const promised = readFileSync(join(HERE, 'SPEC.md'), 'utf8')
    .split('\n')
    .flatMap(line => /^- \[([A-Z]+-\d+)\] \S/.exec(line)?.[1] ?? []);
  return { carried: new Set([...tests.flatMap(idsIn), ...tidyIds(tests)]), promised };
}

/** The rules of tidy are rows with an `id`; their tests are named from them. */
const tidyIds = (tests: string[]) =>
  tests.flatMap(text => [...text.matchAll(/id: '([A-Z]+-\d+)'/g)].flatMap(([, id]) => id ?? []));

test('[SPEC-1] every promise is carried by a test, and every test carries a promise that stands in SPEC.md', () => {
  const { carried, promised } = ids();
  expect(promised.filter(id => !carried.has(id))).toEqual([]);
  expect([...carried].filter(id => !promised.includes(id))).toEqual([]);
});

test('[SPEC-2] no promise stands twice', () => {
  const { promised } = ids();
  expect(promised.filter((id, i) => promised.indexOf(id) !== i)).toEqual([]);
});
