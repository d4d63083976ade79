import { globSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';

// A process of its own, started with --expose-gc: prints how many bytes it grew by loading the detector with the words
// of every language and reading the texts of the file it is given, when all that can be thrown away is thrown away.

const [localesDir = '', file = ''] = process.argv.slice(2);
const texts = readFileSync(file, 'utf8').split('\n');
const before = bytes();
const [{ parseLexicon }, { detect }, { NO_MEMORY }] = await Promise.all([
  import('../../src/risk/lexicon.ts'),
  import('../../src/risk/detect.ts'),
  import('../../src/risk/accumulate.ts'),
]);
const { lexicon } = parseLexicon(
  globSync(['*/risk.yaml', '*/risk/*.yaml'], { cwd: localesDir }).map(file => ({
    language: file.slice(0, file.indexOf(sep)),
    file,
    source: readFileSync(join(localesDir, file), 'utf8'),
  })),
  { examples: false },
);
if (!lexicon) throw new Error('The risk words have problems.');
for (const text of texts) detect(lexicon, NO_MEMORY, { text, at: 0 });
console.log(bytes() - before);
// Used after the count, so that it cannot have been thrown away before.
detect(lexicon, NO_MEMORY, { text: '', at: 0 });

function bytes(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
