/**
 * More ways of reading a word that no pattern knows: misspelt, written by ear, without vowels, with a star in it, or without
 * spaces. Only towards words of the lexicon, and never away from a real word: "grape" is not "rape".
 * Guesses go to English words only, the language whose real words are known.
 * Short words are not guessed at: of their one-letter slips 29 % are words themselves.
 */
import { isRealWord } from './real-words.ts';

/** The words that the lexicon knows. */
export type Words = ReadonlyMap<string, unknown>;

/** How a word was read when it was not plainly written. Those of `GUESSES` are guesses; the others undo a disguise exactly. */
export type Quality =
  | 'repeat'
  | 'leet'
  | 'joined'
  | 'squashed'
  | 'clipped'
  | 'starred'
  | 'vowels'
  | 'fuzzy1'
  | 'fuzzy2'
  | 'phonetic';
export const GUESSES: ReadonlySet<Quality> = new Set(['vowels', 'fuzzy1', 'fuzzy2', 'phonetic']);

/** Read as the lexicon's word `word`. */
export type WordRead = { word: string; quality: Quality };

/** What one text may still cost, in units of about 10 µs. Counted alike whether or not a word was met before. */
export type Effort = { left: number };

/** Takes `units` if they are left; false when the text has used up what it may cost. */
export function spend(effort: Effort, units: number): boolean {
  if (effort.left < units) return false;
  effort.left -= units;
  return true;
}

/** Words of one length and first letter; `letters` says for each which letters it has, a bit each. */
type Alike = { words: string[]; letters: number[] };

type Index = {
  /** By first letter and length. */
  alike: Map<string, Alike>;
  sounds: Map<string, string[]>;
  skeletons: Map<string, string[]>;
  /** By first and last letter. */
  byEnds: Map<string, string[]>;
  /** Guesses already made, so that a common misspelling is worked out once. Bounded: see `KEPT`. */
  made: Map<string, readonly WordRead[]>;
};

const SHORTEST_GUESSED = 5;
const SHORTEST_BY_SOUND = 5;
const SAME_START = 5;
const TWO_EDITS_FROM = 8;
const LONGEST = 24;
/** A word that fits this many others says nothing. */
const MOST_READINGS = 12;
const KEPT = 2000;
const SHORTEST_SQUASHED = 9;
const SHORTEST_SPACED = 4;
const LONGEST_SQUASHED = 200;
const LONGEST_PART = 14;
/** How much of a word may be spelt otherwise when it sounds alike. */
const ALIKE = 0.4;
/** The letters that slips are mostly about. */
const COMMON = 'aeiounrstlcd';
const NOTHING: readonly WordRead[] = [];
const NONE: readonly string[] = [];
const NO_WORDS: Alike = { words: [], letters: [] };
/** Scratch paper of `distance`, used anew each time. */
const ROWS = new Uint8Array((LONGEST + 1) * (LONGEST + 1));
const indexes = new WeakMap<Words, Index>();

/**
 * What an unknown lower-case word may have been meant as: the nearest lexicon words, or none. One edit from 5 letters, two
 * from 8, else by sound from 6 letters, else by its consonants when it has hardly a vowel. Pure for a given lexicon.
 */
export function guessWord(words: Words, token: string, effort: Effort): readonly WordRead[] {
  if (token.length < 3 || token.length > LONGEST || !/^[a-z]+$/.test(token)) return NOTHING;
  if (token.length > 4 && token.endsWith('in') && words.has(`${token}g`))
    return [{ word: `${token}g`, quality: 'clipped' }];
  if (isRealWord(token)) return NOTHING;
  if (!spend(effort, token.length < TWO_EDITS_FROM ? 1 : 2)) return NOTHING;
  const index = indexOf(words);
  const known = index.made.get(token);
  if (known) return known;
  const made = guess(index, token);
  if (index.made.size >= KEPT) index.made.delete(index.made.keys().next().value ?? '');
  index.made.set(token, made);
  return made;
}

/**
 * What a word with letters struck out may have been: "s*icide" → suicide, where each "*" is one letter or none. Where several
 * words fit ("k*ll") each is a guess. Nothing when it may as well be a swear word ("sh*t").
 */
export function guessStarred(words: Words, starred: string): readonly WordRead[] {
  if (!/^[a-z][a-z*?]*[a-z*]$/.test(starred) || starred.length > LONGEST || starred.length < 4)
    return NOTHING;
  if (starred.endsWith('*') && starred.indexOf('*') < starred.length - 1) return NOTHING;
  const letter = new RegExp(`^${starred.replaceAll(/[*?]/g, '[a-z]')}$`);
  const fewer = new RegExp(`^${starred.replaceAll(/[*?]/g, '[a-z]?')}$`);
  // With its last letter struck out a word is looked for among those that end in a vowel: nobody strikes out others.
  const ends = starred.endsWith('*')
    ? [...'aeiouy'].map(vowel => `${starred[0]}${vowel}`)
    : [endsOf(starred)];
  const known = ends.flatMap(two => indexOf(words).byEnds.get(two) ?? []);
  for (const fits of [letter, fewer]) {
    const found = known.filter(word => fits.test(word) && !UNCENSORED.has(word));
    if (found.length === 0) continue;
    if (SWEARING.some(word => fits.test(word))) return NOTHING;
    return found.length > 3 ? NOTHING : toReads(found, found.length > 1 ? 'vowels' : 'starred');
  }
  return NOTHING;
}

function endsOf(word: string): string {
  return `${word[0] ?? ''}${word.at(-1) ?? ''}`;
}

/**
 * The words of a text written without spaces ("iwanttodie" → i, want, to, die), or null. All of it must divide, at least
 * half of its letters into words of the lexicon, the rest into real words; fewest words win. Words are looked for from 9 letters
 * on, or from 4 when the letters were `spaced` out or nothing in the text is.
 */
export function splitSquashed(words: Words, token: string, spaced: boolean, effort: Effort): string[] | null {
  const shortest = spaced ? SHORTEST_SPACED : SHORTEST_SQUASHED;
  if (token.length < shortest || token.length > LONGEST_SQUASHED || !/^[a-z]+$/.test(token)) return null;
  if (!spend(effort, Math.ceil(token.length / 4))) return null;
  const [cost, from, foreign] = [[0], [0], [0]];
  for (let end = 1; end <= token.length; end++) {
    cost[end] = Number.POSITIVE_INFINITY;
    for (let start = Math.max(0, end - LONGEST_PART); start < end; start++) {
      const before = cost[start] ?? Number.POSITIVE_INFINITY;
      if (before + 1 >= (cost[end] ?? 0)) continue;
      const part = token.slice(start, end);
      const known = words.has(part);
      if (!known && before + 1.6 >= (cost[end] ?? 0)) continue;
      const price = before + costOf(part, known);
      if (price >= (cost[end] ?? 0)) continue;
      cost[end] = price;
      from[end] = start;
      foreign[end] = (foreign[start] ?? 0) + (known ? 0 : part.length);
    }
  }
  if (!((cost[token.length] ?? Number.POSITIVE_INFINITY) <= token.length / 2)) return null;
  if ((foreign[token.length] ?? 0) > token.length / 2) return null;
  const parts: string[] = [];
  for (let end = token.length; end > 0; end = from[end] ?? 0) parts.unshift(token.slice(from[end] ?? 0, end));
  return parts.length > 1 ? parts : null;
}

/** A word written together costs the more the less it looks like English: of many ways to divide, the cheapest is read. */
function costOf(part: string, known: boolean): number {
  if (part.length === 1)
    return known ? (SINGLE_COST[part] ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
  if (CONTRACTED.has(part)) return 1.3;
  if (part.length === 2) return known ? (SHORT.has(part) ? 1 : 1.8) : Number.POSITIVE_INFINITY;
  const real = isRealWord(part);
  if (known) return real ? 1 : part.length >= 4 ? 1.5 : 2;
  return real && part.length >= 3 ? 1.6 : Number.POSITIVE_INFINITY;
}

const SINGLE_COST: Readonly<Record<string, number>> = { i: 0.95, a: 1.1, u: 1.5, n: 1.8 };
const SHORT = new Set('am an as at be by do go he if in is it me my no of on or so to up us we'.split(' '));
/** What everybody writes, and no dictionary has. */
const CONTRACTED = new Set(
  'im ive id ill hes shes its dont cant wont ur gonna wanna gotta theyre theyve theyd thats didnt isnt wasnt doesnt havent hasnt whats ppl bf gf mam youre weve ok'.split(
    ' ',
  ),
);

function guess(index: Index, token: string): readonly WordRead[] {
  // Written without its vowels a word is nearer to others by its letters than to itself.
  if (skeletonOf(token) === token) {
    const fits = index.skeletons.get(token) ?? NONE;
    if (fits.length > 0) return toReads(fits, 'vowels');
  }
  if (token.length >= SHORTEST_GUESSED) {
    const near = nearest(index, token);
    if (near.length > 0) return near[0]?.quality === 'fuzzy2' && isSlipOfRealWord(token) ? NOTHING : near;
  }
  if (token.length > SHORTEST_BY_SOUND) {
    const alike = (index.sounds.get(soundOf(token)) ?? NONE).filter(
      word => distance(token, word, 4) <= Math.min(token.length, word.length) * ALIKE,
    );
    if (alike.length > 0) return isSlipOfRealWord(token) ? NOTHING : toReads(alike, 'phonetic');
  }
  const skeleton = skeletonOf(token);
  if (token.length - skeleton.length > 1) return NOTHING;
  const fits = (index.skeletons.get(skeleton) ?? NONE).filter(word => isWithin(token, word));
  return toReads(fits, 'vowels');
}

/** Is a real word nearer than anything two edits away ("coccooning" is cocooning, not cuckooing)? */
function isSlipOfRealWord(token: string): boolean {
  for (let i = 0; i < token.length; i++) {
    const [before, after] = [token.slice(0, i), token.slice(i + 1)];
    if (isRealWord(before + after)) return true;
    if (i > 0 && isRealWord(before.slice(0, -1) + token[i] + before.at(-1) + after)) return true;
    for (const letter of COMMON) {
      if (isRealWord(before + letter + after) || isRealWord(before + letter + token[i] + after)) return true;
    }
  }
  return false;
}

function toReads(found: readonly string[], quality: Quality): readonly WordRead[] {
  if (found.length > MOST_READINGS) return NOTHING;
  return found.map(word => ({ word, quality }));
}

function nearest(index: Index, token: string): readonly WordRead[] {
  const most = token.length >= TWO_EDITS_FROM ? 2 : 1;
  const has = lettersOf(token);
  // People seldom miss the first letter, and "thatter" is not "shatter": it must be there, at most swapped with the second.
  const [first = '', second = ''] = token;
  let near: { word: string; away: number }[] = [];
  let least = most;
  for (let length = token.length - most; length <= token.length + most; length++) {
    for (const start of first === second ? [first] : [first, second]) {
      const { words, letters } = index.alike.get(start + length) ?? NO_WORDS;
      for (let i = 0; i < words.length; i++) {
        // Each slip changes at most two of the letters that a word has.
        if (bits(has ^ (letters[i] ?? 0)) > 2 * most) continue;
        const word = words[i] ?? '';
        if (start !== first && word[1] !== first) continue;
        const away = distance(token, word, most);
        if (away > most) continue;
        least = Math.min(least, away);
        near.push({ word, away });
      }
    }
  }
  near = near.filter(({ word, away }) => away === least || word.startsWith(token.slice(0, SAME_START)));
  const quality = least === 1 ? 'fuzzy1' : 'fuzzy2';
  return toReads(
    near.map(({ word }) => word),
    quality,
  );
}

function lettersOf(word: string): number {
  let letters = 0;
  for (let i = 0; i < word.length; i++) letters |= 1 << (word.charCodeAt(i) - 97);
  return letters;
}

/** How many bits of a number are set. */
function bits(number: number): number {
  const pairs = number - ((number >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function indexOf(words: Words): Index {
  const known = indexes.get(words);
  if (known) return known;
  const index: Index = {
    alike: new Map(),
    sounds: new Map(),
    skeletons: new Map(),
    byEnds: new Map(),
    made: new Map(),
  };
  for (const word of words.keys()) if (/^[a-z]{4,24}$/.test(word)) addToIndex(index, word);
  indexes.set(words, index);
  return index;
}

function addToIndex(index: Index, word: string): void {
  append(index.byEnds, endsOf(word), word);
  // Where the real words are not known, one letter may be another form of the word ("gleboki" is not "gleboko").
  if (!isRealWord(word)) return;
  const skeleton = skeletonOf(word);
  if (skeleton.length >= 3 && skeleton.length < word.length) append(index.skeletons, skeleton, word);
  if (word.length < SHORTEST_GUESSED) return;
  const key = `${word[0]}${word.length}`;
  const alike = index.alike.get(key) ?? { words: [], letters: [] };
  alike.words.push(word);
  alike.letters.push(lettersOf(word));
  index.alike.set(key, alike);
  const sound = soundOf(word);
  if (word.length > SHORTEST_BY_SOUND && sound.length >= 3) append(index.sounds, sound, word);
}

function append<Key>(map: Map<Key, string[]>, key: Key, word: string): void {
  const list = map.get(key);
  if (!list) map.set(key, [word]);
  else if (list.at(-1) !== word) list.push(word);
}

/** Letters missed, added, changed (a neighbour key too) or swapped; anything above `most` comes out as `most` + 1. */
function distance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  const width = b.length + 1;
  for (let j = 0; j < width; j++) ROWS[j] = j;
  for (let i = 1; i <= a.length; i++) {
    const row = i * width;
    ROWS[row] = i;
    let least = i;
    for (let j = 1; j < width; j++) {
      const change = a.charCodeAt(i - 1) === b.charCodeAt(j - 1) ? 0 : 1;
      let value = Math.min(at(row - width + j) + 1, at(row + j - 1) + 1, at(row - width + j - 1) + change);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        value = Math.min(value, at(row - 2 * width + j - 2) + 1);
      ROWS[row + j] = value;
      least = Math.min(least, value);
    }
    if (least > most) return most + 1;
  }
  return Math.min(at(a.length * width + b.length), most + 1);
}

function at(place: number): number {
  return ROWS[place] ?? 0;
}

/** The first letter, and the consonants after it. */
function skeletonOf(word: string): string {
  return word.slice(0, 1) + word.slice(1).replace(/[aeiou]/g, '');
}

/** Every letter of the shorter stands in the longer, in order. */
function isWithin(shorter: string, longer: string): boolean {
  let at = 0;
  for (const letter of longer) if (letter === shorter[at]) at++;
  return at === shorter.length;
}

/** How a word sounds, roughly and in English: "sooisidal" and "suicidal" are alike, vowels count only at the start. */
function soundOf(word: string): string {
  const spelt = word
    .replace(/^(?:kn|gn|pn)/, 'n')
    .replace(/^wr/, 'r')
    .replace(/ph/g, 'f')
    .replace(/[sc]ious|tious|scious/g, 'shs')
    .replace(/[tsc]ion/g, 'shn')
    .replace(/tch/g, 'ch')
    .replace(/d?ge(?=$|[a-z])/g, 'j')
    .replace(/gh(?=t|$)/g, '')
    .replace(/sc(?=[eiy])|c(?=[eiy])/g, 's')
    .replace(/ch/g, 'C')
    .replace(/sh/g, 'S')
    .replace(/th/g, 'T')
    .replace(/ck|[cq]/g, 'k')
    .replace(/x/g, 'ks')
    .replace(/z/g, 's');
  const start = /^[aeiouy]/.test(spelt) ? 'a' : (spelt[0] ?? '');
  return (
    start +
    spelt
      .slice(1)
      .replace(/[aeiouywh]/g, '')
      .replace(/(.)\1+/g, '$1')
  );
}

/** What a star mostly hides; a word that may be one of these is not read as a word of danger. */
const SWEARING = [
  'arse',
  'bastard',
  'bitch',
  'bitches',
  'bollocks',
  'cock',
  'crap',
  'cunt',
  'damn',
  'dick',
  'fuck',
].concat(
  [
    'fucked',
    'fucker',
    'fuckin',
    'fucking',
    'fucks',
    'hell',
    'piss',
    'pissed',
    'prick',
    'shit',
    'shite',
    'shits',
    'shitty',
  ],
  ['slag', 'slut', 'twat', 'tits', 'wank', 'wanker', 'whore', 'bloody', 'bugger', 'pussy', 'nigga', 'fag'],
);
/** Nobody strikes a letter out of these, though the lexicon knows them. */
const UNCENSORED = new Set(['kcal', 'rope']);
