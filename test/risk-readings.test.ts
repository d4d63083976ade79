import { describe, expect, it } from 'vitest';
import { NO_MEMORY } from '../src/risk/accumulate.ts';
import { detect, type Finding } from '../src/risk/detect.ts';
import { guessStarred, guessWord, type Quality, splitSquashed, type WordRead } from '../src/risk/readings.ts';
import { isRealWord } from '../src/risk/real-words.ts';
import { compiled, NOW, read } from './support/risk.ts';

const small = compiled(`
rows:
  - category: suicide
    severity: 2
    pattern: [want to die, kill myself, suicide, suicidal, i overdosed, (stabbed/shank/shotting/raping/raped/rape) me, slipping pills]
    hits: [i want to die, kill myself, suicide, im suicidal, i overdosed, he raped me, slipping pills]
    misses: [hello]
  - category: suicide
    severity: 2
    pattern: [i never (self harm/strangled/cutting/grooming) myself, i was scared]
    hits: [i never self harm myself, i was scared]
    misses: [hello]
`);
const { forms: words } = small;

/** Read with the few rows above, so that no row of the English file knows the misspelling itself. */
function readSmall(text: string): Finding {
  return detect(small, NO_MEMORY, { text, at: NOW });
}

function guessed(token: string): [string, Quality][] {
  return told(guessWord(words, token, { left: 100 }));
}

function told(reads: readonly WordRead[]): [string, Quality][] {
  return reads.map(({ word, quality }) => [word, quality]);
}

describe('a word that is not in any list', () => {
  it.each<[string, string, Quality]>([
    ['suicde', 'suicide', 'fuzzy1'],
    ['siucide', 'suicide', 'fuzzy1'],
    ['suixide', 'suicide', 'fuzzy1'],
    ['stabed', 'stabbed', 'fuzzy1'],
    ['strangeled', 'strangled', 'fuzzy1'],
    ['ovurdossed', 'overdosed', 'fuzzy2'],
    ['sooisidal', 'suicidal', 'phonetic'],
    ['cuttin', 'cutting', 'clipped'],
    ['kll', 'kill', 'vowels'],
    ['slf', 'self', 'vowels'],
    ['scd', 'suicide', 'vowels'],
  ])('[READING-1] is read as the nearest word of the lexicon (case %#)', (token, word, quality) => {
    expect(guessed(token)).toContainEqual([word, quality]);
  });

  it.each([
    'grape',
    'thank',
    'did',
    'chatting',
    'racing',
    'chattin',
    'racin',
    'sacred',
    'shared',
    'rapid',
    'tripping',
  ])('[READING-2] but a real word is never read as another (case %#)', token =>
    expect(guessed(token)).toEqual([]));

  it.each([
    'rpae',
    'dei',
    'kull',
    'shnk',
    'rapp',
  ])('[READING-3] nor is a word of four letters guessed from its spelling, or guessed to be one (case %#)', token =>
    expect(guessed(token).filter(([, quality]) => quality.startsWith('fuzzy'))).toEqual([]));

  it('[READING-2] nor is a slip of a real word, when the word of danger is further away', () => {
    expect(isRealWord('slipping')).toBe(true);
    expect(guessed('rooming')).toEqual([]);
    expect(guessed('broomming')).toEqual([]);
  });

  it('[READING-4] British and youth words are real; misspellings are not', () => {
    for (const word of ['colour', 'pyjamas', 'knackered', 'chav', 'innit', 'grape', 'raping', 'killian'])
      expect(isRealWord(word)).toBe(true);
    for (const word of ['suicde', 'shotting', 'depresed', 'dieing', 'kll', 'iwanttodie'])
      expect(isRealWord(word)).toBe(false);
  });
});

describe('a word with stars in it', () => {
  it.each([
    ['s*icide', 'suicide'],
    ['r*pe', 'rape'],
    ['k*ll', 'kill'],
    ['k**l', 'kill'],
    ['sui*cide', 'suicide'],
  ])('[READING-5] is read as the one word that fits (case %#)', (starred, word) => {
    expect(told(guessStarred(words, starred))).toEqual([[word, 'starred']]);
  });

  it.each([
    'sh*t',
    'f**k',
    'd**k',
    's*',
    '*uicide',
    'r*p*',
  ])('[READING-5] and not at all when none fits, or a swear word does (case %#)', starred =>
    expect(guessStarred(words, starred)).toEqual([]));
});

describe('words run together', () => {
  const split = (token: string, spaced = false) => splitSquashed(words, token, spaced, { left: 100 });

  it('[READING-6] are taken apart when all of it divides into words', () => {
    expect(split('iwanttodie')).toEqual(['i', 'want', 'to', 'die']);
    expect(split('killmyself')).toEqual(['kill', 'myself']);
    expect(split('killme', true)).toEqual(['kill', 'me']);
  });

  it('[READING-6] but not a short word, a word that divides only in part, or one of unknown words', () => {
    expect(split('killme')).toBeNull();
    expect(split('iwanttodixq')).toBeNull();
    expect(split('gardentable')).toBeNull();
  });
});

describe('in a message', () => {
  it.each([
    ['i want to kll myslf', 'kll myslf', 'kill myself'],
    ['im suicdal', 'suicdal', 'suicidal'],
    ['he r*ped me', 'r*ped me', 'raped'],
    ['iwanttodie', 'wanttodie', 'want to die'],
    ['i w a n t t o d i e', 'i w a n t t o d i e', 'want to die'],
    ['i w a n t  t o  d i e', 'i w a n t  t o  d i e', 'want to die'],
    ['he stabed me', 'stabed me', 'stabbed'],
  ])('[READING-7] what was misread is found, underlined as written, and said in plain words (case %#)', (text, said, plain) => {
    const finding = readSmall(text);
    expect(finding.severity).toBe(2);
    expect(finding.evidence.map(({ said, read }) => [said, read])).toContainEqual([said, plain]);
  });

  it('[READING-7] what was written plainly carries no reading', () => {
    expect(read('i want to die').evidence[0]).not.toHaveProperty('read');
  });

  it.each([
    'he grapes me',
    'they were racing me',
    'we were chatting all night',
    'im thanking him',
    'i did want to',
    'and...then he left',
    'sh*t',
    'we were coccooning at home',
  ])('[READING-8] ordinary words that look alike bring nobody (case %#)', text => {
    expect(read(text).severity).toBeLessThan(2);
  });

  it('[READING-9] one misspelt short word alone brings nobody; a long one, or one with plain words, does', () => {
    const alone = compiled(`
rows:
  - {category: abuse_sexual, severity: 2, pattern: [raped, strangled, he touched], hits: [raped, strangled, he touched], misses: [hello]}
`);
    const severity = (text: string) => detect(alone, NO_MEMORY, { text, at: NOW }).severity;
    expect(severity('raaped')).toBe(0);
    expect(severity('raped')).toBe(2);
    expect(severity('strangeled')).toBe(2);
    expect(severity('he toched me')).toBe(2);
  });

  it('[READING-10] a guess never denies: only a surely read "never" lowers', () => {
    const denied = compiled(`
signs: {negation: [never]}
rows:
  - {category: suicide, severity: 2, negatable: true, pattern: want to die, hits: [want to die], misses: [hello]}
`);
    const severity = (text: string) => detect(denied, NO_MEMORY, { text, at: NOW }).severity;
    expect(severity('i never want to die')).toBe(1);
    expect(severity('i nevrr want to die')).toBe(2);
  });

  it('[READING-11] the same words are read alike however often and after whatever else', () => {
    const noise = Array.from({ length: 3000 }, (_, i) => `zq${i.toString(36).replace(/\d/g, 'x')}vk`).join(
      ' ',
    );
    const before = read('im suicdal');
    read(noise);
    expect(read('im suicdal')).toEqual(before);
    expect(read('im suicdal')).toEqual(before);
  });
});
