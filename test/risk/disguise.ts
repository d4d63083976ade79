/**
 * The ways in which young people, and those who avoid filters, change the look of words without changing what they say.
 * Each takes a text and returns the same text in that disguise; the same text always comes out the same.
 */
export type Disguise = (text: string) => string;

export const DISGUISES: Record<string, Disguise> = {
  case: text => letterwise(text, (letter, i) => (i % 2 === 0 ? letter.toLowerCase() : letter.toUpperCase())),
  // Two spaces between the words: with one everywhere nobody could tell where a word ends.
  spacing: text =>
    text
      .split(/\s+/)
      .map(word => [...word].join(' '))
      .join('  '),
  dots: text => wordwise(text, word => [...word].join('.')),
  leet: text => wordwise(text, word => (word.length < 2 ? word : replaced(word, LEET))),
  repeats: text => wordwise(text, word => (word.length < 3 ? word : word + word.slice(-1).repeat(3))),
  zeroWidth: text => wordwise(text, word => [...word].join('\u200b')),
  homoglyph: text => wordwise(text, word => (word.length < 3 ? word : replaced(word, CYRILLIC))),
  fullWidth: text => letterwise(text, letter => shifted(letter, 0x21, 0x7e, 0xff01)),
  mathsLetters: text =>
    letterwise(text, letter => shifted(shifted(letter, 0x61, 0x7a, 0x1d41a), 0x41, 0x5a, 0x1d400)),
  star: text => wordwise(text, word => (word.length < 4 ? word : without(word, firstVowel(word), '*'))),
  oneEdit: text => longestWords(text, word => without(word, Math.floor(word.length / 2), '')),
  swap: text => longestWords(text, swapped),
  neighbourKey: text =>
    longestWords(text, word => {
      const at = Math.floor(word.length / 2);
      return without(word, at, NEIGHBOUR[word[at]?.toLowerCase() ?? ''] ?? word[at] ?? '');
    }),
  vowelsDropped: text => wordwise(text, vowelsDropped),
  noSpaces: text => text.replaceAll(/\s+/g, ''),
  fillers: text => everyThird(text, FILLERS),
  textSpeak: text =>
    TEXT_SPEAK.reduce((told, [from, to]) => told.replaceAll(new RegExp(`\\b${from}\\b`, 'gi'), to), text),
  politePadding: text => `hi sorry to bother you hope you are well. ${text}. thank you so much, sorry again`,
  longText: text => `${STORY} ${text}. ${STORY}`,
  emoji: text => `${everyThird(text, ['🥺', '💔', '🙏'])} 😭`,
  /** Nobody hides by it, but whoever is told about must not matter either. */
  otherPeople: text => wordwise(text, word => SWAPPED[word.toLowerCase()] ?? word),
};

const LEET: Record<string, string> = { a: '4', e: '3', i: '1', o: '0', s: '5' };
/** Not every letter: a word of Cyrillic letters only would be a word of another language. */
const CYRILLIC: Record<string, string> = { a: 'а', e: 'е', o: 'о', i: 'і' };
const NEIGHBOUR: Record<string, string> = Object.fromEntries(
  ['qwertyuiop', 'asdfghjkl', 'zxcvbnm'].flatMap(row =>
    [...row].map((key, i) => [key, row[i + 1] ?? row[i - 1] ?? key] as const),
  ),
);
const FILLERS = ['like', 'literally', 'just', 'fucking', 'honestly'];
const TEXT_SPEAK: [string, string][] = [
  ['want to', 'wanna'],
  ['going to', 'gonna'],
  ['do not', 'dnt'],
  ["don'?t", 'dnt'],
  ['you', 'u'],
  ['are', 'r'],
  ['your', 'ur'],
  ['to', '2'],
  ['for', '4'],
  ['because|cos', 'cuz'],
  ['tonight', '2nite'],
  ['tomorrow', '2moro'],
  ['night', 'nite'],
  ['please', 'pls'],
  ['people', 'ppl'],
  ['someone', 'sum1'],
  ['anyone', 'any1'],
  ['something', 'sumthin'],
  ['nothing', 'nuthin'],
  ['before', 'b4'],
  ['with', 'wiv'],
  ['the', 'da'],
  ['that', 'dat'],
  ['and', 'n'],
  ['have', 'hav'],
  ['about', 'abt'],
  ['what', 'wot'],
  ['right now', 'rn'],
  ['boyfriend', 'bf'],
  ['girlfriend', 'gf'],
  ['parents', 'rents'],
  ['says|said', 'sed'],
];
const STORY = [
  'so it was a normal day at school and we had maths and then art and i sat with my friends at lunch like always.',
  'after that i got the bus with my cousin and we talked about the football and what we want to do in the summer.',
  'then i did my homework and watched a bit of telly and had my tea and fed the rabbit.',
  'my nan came round and we played cards and she made a cake with cherries on it which was nice.',
].join(' ');
const SWAPPED: Record<string, string> = bothWays({
  he: 'she',
  hes: 'shes',
  "he's": "she's",
  him: 'her',
  dad: 'mum',
  stepdad: 'stepmum',
  boyfriend: 'girlfriend',
  bf: 'gf',
  brother: 'sister',
  uncle: 'aunty',
  grandad: 'nan',
  man: 'woman',
  boy: 'girl',
  lad: 'lass',
});

function bothWays(pairs: Record<string, string>): Record<string, string> {
  const back = Object.entries(pairs).map(([from, to]) => [to, from]);
  // "Her" is his and him; "his" reads right wherever something of hers follows, which is more often.
  return { ...Object.fromEntries(back), ...pairs, his: 'her', her: 'his' };
}

const isWord = /[\p{L}\p{M}][\p{L}\p{M}'’]*/gu;

function wordwise(text: string, change: (word: string) => string): string {
  return text.replaceAll(isWord, change);
}

function letterwise(text: string, change: (letter: string, i: number) => string): string {
  return [...text].map(change).join('');
}

function replaced(word: string, table: Record<string, string>): string {
  return letterwise(word, letter => table[letter.toLowerCase()] ?? letter);
}

/** A letter of the run from `from` to `to`, moved to the run that begins at `start`. */
function shifted(letter: string, from: number, to: number, start: number): string {
  const code = letter.codePointAt(0) ?? 0;
  return code >= from && code <= to ? String.fromCodePoint(start + code - from) : letter;
}

/** The word with the letter at `at` replaced. */
function without(word: string, at: number, by: string): string {
  return word.slice(0, at) + by + word.slice(at + 1);
}

function firstVowel(word: string): number {
  const at = word.slice(1).search(/[aeiou]/i);
  return at < 0 ? 1 : at + 1;
}

function swapped(word: string): string {
  const at = Math.floor(word.length / 2);
  return word.slice(0, at - 1) + word.slice(at, at + 1) + word.slice(at - 1, at) + word.slice(at + 1);
}

/** Left alone when nothing that could be read would remain: "dd" for "dead". */
function vowelsDropped(word: string): string {
  const bare = word.slice(0, 1) + word.slice(1).replaceAll(/[aeiou]/gi, '');
  return bare.length >= 3 ? bare : word;
}

/** Slips of the finger: in the two longest words of four or more letters, not in all of them. */
function longestWords(text: string, change: (word: string) => string): string {
  const words = [...new Set(text.match(isWord) ?? [])].filter(word => word.length >= 4);
  const longest = words.sort((a, b) => b.length - a.length).slice(0, 2);
  return wordwise(text, word => (longest.includes(word) ? change(word) : word));
}

function everyThird(text: string, added: string[]): string {
  return text
    .split(' ')
    .flatMap((word, i) => (i % 3 === 1 ? [word, added[Math.floor(i / 3) % added.length] ?? ''] : [word]))
    .join(' ');
}
