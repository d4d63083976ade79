import { describe, expect, it } from 'vitest';
import { NO_MEMORY } from '../src/risk/accumulate.ts';
import { detect, type Finding } from '../src/risk/detect.ts';
import { type Lexicon, parseLexicon } from '../src/risk/lexicon.ts';

/** A small file of its own, so that what staff change in the shipped words cannot make these promises pass or fail. */
const WORDS = `
readings: { hes: [he is, he has], im: i am, wont: will not, me: my }
fillers: [just]
carriers: [going, to, come, the, have, a]
signs:
  negation: [not, never, dont]
  joke: [lol]
raises:
  - name: time
    categories: [bullying]
    pattern: tonight
    hits: [lads wait at school tonight]
    misses: [lads wait at school]
shields:
  - pattern: flat earth
    hits: [men come to the flat earth]
    misses: [men come to the flat]
concepts:
  men: ['(strange)? men']
  come: ['(come/comes) ~1 (to/round)']
  home: [flat, house]
  errand: [plumbing]
  he: ['he (is/has)?']
  stop: ['(will not/not going to) let me', 'he makes me']
  leave: [leave, leave here]
  lads: [lads]
  wait: [wait]
  school: [school]
rules:
  - { name: men come, category: cse_grooming, severity: 2, needs: [men, come, home], not: [errand], within: 8, hits: [men come to the flat], misses: [the flat has men, men dont come to the flat] }
  - { name: held, category: immediate, severity: 3, needs: [he/lads, stop, leave], within: 8, hits: [he wont let me leave], misses: [he let me leave] }
  - { name: any order, category: bullying, severity: 2, jokable: true, needs: [lads, wait, school], ordered: false, within: 8, hits: [at school lads wait], misses: [lads wait] }
`;

describe('a risk with no risk word', () => {
  it('[CONCEPT-1] is found by what stands together, with all words from the first concept to the last', () => {
    const finding = read('well some men often come to my flat now');
    expect(finding).toMatchObject({ severity: 2, categories: ['cse_grooming'] });
    expect(finding.evidence).toMatchObject([
      { said: 'men often come to my flat', rule: 'en rule: men come' },
    ]);
    expect(read('hes wont let me leave').evidence).toMatchObject([{ said: 'hes wont let me leave' }]);
  });

  it('[CONCEPT-2] needs every concept, in its order where the rule says so', () => {
    expect(read('men come to see').severity).toBe(0);
    expect(read('the flat where men come to').severity).toBe(0);
    expect(read('lads wait at school').severity).toBe(2);
    expect(read('school is where they wait those lads').severity).toBe(2);
    expect(read('lads wont let me leave').severity).toBe(3);
  });

  it('[CONCEPT-3] is not put together over its window, nor over more than two sentences', () => {
    expect(read('men. they come to the flat').severity).toBe(2);
    expect(read('men. yes. they come to the flat').severity).toBe(0);
    expect(read('men .. come to the flat').severity).toBe(2);
    expect(read('men a b c d e come to f flat').severity).toBe(0);
  });

  it('[CONCEPT-4] is left alone near a forbidden concept, and only near it', () => {
    expect(read('men come to the flat for plumbing').severity).toBe(0);
    expect(read('men come to the flat. ok. what does plumbing mean').severity).toBe(2);
  });

  it('[CONCEPT-5] is weighed by its surroundings like any row: denied, shielded, joked about, raised', () => {
    expect(read('men never come to the flat')).toMatchObject({
      severity: 1,
      applied: ['negation: cse_grooming 2 → 1'],
    });
    expect(read('never men come to the flat').severity).toBe(1);
    expect(read('men come to the flat earth').severity).toBe(0);
    expect(read('lads wait at school lol').severity).toBe(0);
    expect(read('lads wait at school tonight').severity).toBe(3);
  });

  it('[CONCEPT-6] is found in a message sent in two halves, with evidence in the second', () => {
    const memory = { ...NO_MEMORY, texts: [{ text: 'men come', at: 0 }] };
    const finding = detect(lexicon, memory, { text: 'to the flat', at: 1000 });
    expect(finding.severity).toBe(2);
    expect(finding.evidence).toMatchObject([{ said: 'to the flat' }]);
  });

  it('[CONCEPT-7] is not missed because a word belongs to two concepts', () => {
    expect(read('lads he makes me leave').severity).toBe(3);
  });

  it('[CONCEPT-8] takes time in proportion to the text', () => {
    // Both are shorter than the pieces that a long text is read in, which would hide a square.
    const text = 'he men come lads wait school wont let me ';
    const fastest = (times: number) => {
      const long = text.repeat(times);
      const taken = Array.from({ length: 20 }, () => {
        const start = performance.now();
        read(long);
        return performance.now() - start;
      });
      return Math.min(...taken);
    };
    fastest(4);
    expect(fastest(40)).toBeLessThan(40 * fastest(4));
  });
});

describe('a file whose rules are not sound', () => {
  it('[CONCEPT-9] is refused with the line: an unknown concept, a hit that is not one, a miss that is', () => {
    expect(problemsOf(WORDS.replace('needs: [men, come', 'needs: [women, come'))).toEqual([
      [lineOf('- { name: men come'), 'there is no concept "women"'],
    ]);
    expect(problemsOf(WORDS.replace('not: [errand]', 'not: [cake]'))).toEqual([
      [lineOf('- { name: men come'), 'there is no concept "cake"'],
    ]);
    expect(problemsOf(WORDS.replace('hits: [he wont', 'hits: [he may'))).toEqual([
      [lineOf('- { name: held'), 'hit 1 is not found by its own row'],
    ]);
    expect(problemsOf(WORDS.replace('misses: [he let', 'misses: [he wont let'))).toEqual([
      [lineOf('- { name: held'), 'miss 1 is found by its row'],
    ]);
    expect(problemsOf(WORDS.replace('home: [flat,', "home: ['(flat',"))).toEqual([
      [lineOf('  home:'), 'a bracket is not closed'],
    ]);
  });
});

const lexicon = compile(WORDS);

function compile(source: string): Lexicon {
  const parsed = parseLexicon([{ language: 'en', file: 'words.yaml', source }]);
  expect(parsed.problems).toEqual([]);
  if (!parsed.lexicon) throw new Error('the words of this test do not compile');
  return parsed.lexicon;
}

function read(text: string): Finding {
  return detect(lexicon, NO_MEMORY, { text, at: 0 });
}

function problemsOf(source: string): [number, string][] {
  const { problems } = parseLexicon([{ language: 'en', file: 'words.yaml', source }]);
  return problems.map(({ line, message }) => [line, message]);
}

function lineOf(words: string): number {
  return WORDS.slice(0, WORDS.indexOf(words)).split('\n').length;
}
