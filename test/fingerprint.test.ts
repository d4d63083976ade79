import { expect, test } from 'vitest';
import { fingerprint } from '../src/fingerprint.ts';

test.each([
  ['', 'cbf29ce484222325'],
  ['a', 'af63dc4c8601ec8c'],
  ['foobar', '85944171f73967e8'],
])('[PRINT-1] "%s" has the FNV-1a number that its authors publish', (text, hash) => {
  expect(fingerprint(text)).toBe(hash);
});
