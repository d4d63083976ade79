/** Walks a message through the lexicon and marks every place where a pattern of any kind is complete. */
import type { Lexicon, Rule } from './lexicon.ts';
import { normalise, type Token } from './normalise.ts';
import {
  GUESSES,
  guessStarred,
  guessWord,
  type Quality,
  spend,
  splitSquashed,
  type WordRead,
} from './readings.ts';
import { isRealWord } from './real-words.ts';
import type { Node } from './tree.ts';

/**
 * A complete pattern: tokens `from` (inclusive) to `to` (exclusive), characters `start` to `end` of the text.
 * `overNot`: one of its gaps was filled by a negation ("he NEVER hit me"). `how` tells which of its words were not written
 * plainly, what they were read as ("kll" → "kill"), and the least certain way of reading that was used; absent when all are plain.
 */
export type Mark = {
  rule: Rule;
  from: number;
  to: number;
  start: number;
  end: number;
  overNot: boolean;
  how?: { read: string; quality: Quality };
};

/**
 * A text as the lexicon sees it. `ids[i]` are the known words that token i surely is; `reads[i]` says of some of them how
 * they were written, and what an unknown token may have been meant as.
 */
export type Reading = {
  text: string;
  tokens: Token[];
  ids: (readonly number[])[];
  reads: (readonly WordRead[])[];
  marks: Mark[];
};

/** So that "want to really really die" is found but a page of fillers costs nothing. */
const MOST_FILLERS = 3;
const UNKNOWN: readonly number[] = [];
const NONE: readonly WordRead[] = [];
const NO_PIECES: Token[] = [];
/** What looking into the unknown words of one text may cost (see `spend`), so that a page of noise stays cheap. */
const MOST_EFFORT = 40;
const LONG_ENOUGH_ALONE = 7;

/** Reads one text. Pure; time is linear in the text for a given lexicon. */
export function readText(lexicon: Lexicon, text: string): Reading {
  const reading: Reading = { text, tokens: normalise(text), ids: [], reads: [], marks: [] };
  idsOf(lexicon, reading);
  for (let first = 0; first < reading.tokens.length; first++) {
    walk(lexicon, reading, lexicon.root, {
      first,
      at: first,
      last: first,
      fillers: 0,
      overNot: false,
      plain: 0,
      trail: null,
    });
  }
  return reading;
}

/** Every way of recognising a word comes together here. What is written without spaces becomes several tokens of one place. */
function idsOf(lexicon: Lexicon, reading: Reading): void {
  const tokens = reading.tokens;
  const effort = { left: MOST_EFFORT };
  reading.tokens = [];
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (!token) continue;
    const ids = surely(lexicon, token);
    if (ids.length === 0 && effort.left > 0 && token.readings.some(isLatin)) {
      const pieces = token.over > 0 ? tokens.slice(i + 1, i + 1 + token.over) : NO_PIECES;
      const meant = guesses(lexicon, token, pieces, effort);
      if (meant.parts) {
        for (const word of meant.parts) addPart(lexicon, reading, token, word);
        i += token.over;
      } else addToken(reading, token, UNKNOWN, meant.words);
    } else addToken(reading, token, ids, token.readings.length > 1 ? undisguised(lexicon, token) : NONE);
  }
}

function addToken(reading: Reading, token: Token, ids: readonly number[], reads: readonly WordRead[]): void {
  reading.tokens.push(token);
  reading.ids.push(ids);
  reading.reads.push(reads);
}

function addPart({ words }: Lexicon, reading: Reading, { start, end }: Token, word: string): void {
  const ids = words.get(word) ?? UNKNOWN;
  const reads = ids.map((id): WordRead => ({ id, word, quality: 'squashed' }));
  addToken(reading, { readings: [word], start, end, over: 0 }, ids, reads);
}

/** The known words it certainly is, once repeated letters and symbols are seen through. */
function surely({ words }: Lexicon, { readings }: Token): readonly number[] {
  if (readings.length === 1) return words.get(readings[0] ?? '') ?? UNKNOWN;
  let ids = UNKNOWN;
  for (const reading of readings) {
    const more = words.get(reading);
    if (more) ids = ids.length === 0 ? more : [...ids, ...more];
  }
  return ids;
}

function undisguised({ words }: Lexicon, { readings, over }: Token): readonly WordRead[] {
  const quality = over > 0 ? 'leet' : 'repeat';
  return readings.slice(1).flatMap(word => (words.get(word) ?? []).map(id => ({ id, word, quality })));
}

function isLatin(word: string): boolean {
  return /^[a-z]{3,}$/.test(word);
}

type Meant = { words: readonly WordRead[]; parts: string[] | null };

/**
 * What an unknown word may have been meant as: one word, or several run together. Nothing when it is a word in its own
 * right, or real words joined by a symbol ("and...then").
 */
function guesses({ words }: Lexicon, token: Token, pieces: Token[], effort: { left: number }): Meant {
  const { readings, starred } = token;
  const real = pieces.filter(
    ({ readings: [piece = ''] }) => piece.length > 1 && (words.has(piece) || isRealWord(piece)),
  );
  let meant = NONE;
  if (starred !== undefined && real.length < pieces.length && spend(effort, 4))
    meant = guessStarred(words, starred);
  if (meant.length > 0 || real.length > 0) return { words: meant, parts: null };
  const spaced = token.over > 0 && starred === undefined;
  for (const word of readings) {
    if (!isLatin(word)) continue;
    meant = guessWord(words, word, effort);
    const [first] = meant;
    if (first && first.quality !== 'fuzzy2' && first.quality !== 'phonetic') break;
    const parts = isRealWord(word) ? null : splitSquashed(words, word, spaced, effort);
    if (parts) return { words: NONE, parts };
    if (first) break;
  }
  return { words: meant, parts: null };
}

/** What was read on the way, the latest first. */
type Trail = { read: WordRead; letters: number; before: Trail | null };

/** Where a walk stands: it began at token `first`, `last` was the last word taken, `at` is next; `plain` words were surely read. */
type Place = {
  first: number;
  at: number;
  last: number;
  fillers: number;
  overNot: boolean;
  plain: number;
  trail: Trail | null;
};

/** One step: the next token is taken as a word of the pattern, as a word of a gap, or skipped as a filler. */
function walk(lexicon: Lexicon, reading: Reading, node: Node, place: Place): void {
  const { first, at, last, fillers, overNot, plain, trail } = place;
  for (const rule of node.ends) addMark(lexicon, reading, rule, place);
  const token = reading.tokens[at];
  if (token === undefined) return;
  const ids = reading.ids[at] ?? UNKNOWN;
  const reads = reading.reads[at] ?? NONE;
  const next = at + 1 + token.over;
  const letters = token.end - token.start;
  for (const id of ids) {
    const target = node.edges.get(id);
    if (!target) continue;
    const read = reads.find(way => way.id === id);
    const on = read ? { read, letters, before: trail } : trail;
    walk(lexicon, reading, target, {
      first,
      at: next,
      last: at,
      fillers,
      overNot,
      plain: plain + 1,
      trail: on,
    });
  }
  if (ids.length === 0) {
    for (const read of reads) {
      const target = node.edges.get(read.id);
      const on = { read, letters, before: trail };
      if (target)
        walk(lexicon, reading, target, { first, at: next, last: at, fillers, overNot, plain, trail: on });
    }
  }
  if (at === first) return;
  if (token.over > 0)
    walk(lexicon, reading, node, { first, at: at + 1, last, fillers, overNot, plain, trail });
  if (node.any && token.over === 0 && !opensSentence(reading, at)) {
    const not = overNot || ids.some(id => lexicon.negators.has(id));
    walk(lexicon, reading, node.any, { first, at: next, last: at, fillers, overNot: not, plain, trail });
  }
  if (fillers < MOST_FILLERS && token.over === 0 && node.edges.size > 0 && isFiller(lexicon, ids, reads)) {
    walk(lexicon, reading, node, { first, at: next, last, fillers: fillers + 1, overNot, plain, trail });
  }
}

function isFiller({ fillers }: Lexicon, ids: readonly number[], reads: readonly WordRead[]): boolean {
  return ids.some(id => fillers.has(id)) || reads.some(({ id }) => fillers.has(id));
}

/** A gap does not reach over a full stop; a pause ("he..like") is not one. */
function opensSentence({ text, tokens }: Reading, at: number): boolean {
  const from = tokens[at - 1]?.end ?? 0;
  const to = tokens[at]?.start ?? from;
  for (let i = from; i < to; i++) {
    const mark = text[i];
    if (mark === '?' || mark === '!' || mark === '\n') return true;
    if (mark === '.' && text[i - 1] !== '.' && text[i + 1] !== '.') return true;
  }
  return false;
}

function addMark(
  lexicon: Lexicon,
  reading: Reading,
  ruleNumber: number,
  { first, at, last, overNot, plain, trail }: Place,
): void {
  const rule = lexicon.rules[ruleNumber];
  const start = reading.tokens[first]?.start;
  const end = reading.tokens[last]?.end;
  if (rule === undefined || start === undefined || end === undefined) return;
  if (trail && !isTrusted(rule, plain, trail)) return;
  const how = trail ? { how: howRead(trail) } : {};
  // The same words can be reached twice, as gap and as filler; the marks of one first word lie together at the end.
  for (let i = reading.marks.length - 1; i >= 0; i--) {
    const mark = reading.marks[i];
    if (mark === undefined || mark.from !== first) break;
    if (mark.rule !== rule || mark.end !== end) continue;
    mark.overNot &&= overNot;
    if (!trail) delete mark.how;
    return;
  }
  reading.marks.push({ rule, from: first, to: at, start, end, overNot, ...how });
}

/**
 * One guessed word alone brings nobody unless it is long; a guess never denies, and never makes a joke or the past of
 * something, for that would send a person away on a guess.
 */
function isTrusted(rule: Rule, plain: number, trail: Trail): boolean {
  let guessed = 0;
  let longest = 0;
  for (let on: Trail | null = trail; on; on = on.before) {
    if (!GUESSES.has(on.read.quality)) continue;
    guessed++;
    longest = Math.max(longest, on.letters);
  }
  if (guessed === 0) return true;
  if (rule.kind === 'sign' && ['negation', 'joke', 'past'].includes(rule.sign)) return false;
  return plain > 0 || guessed > 1 || longest >= LONG_ENOUGH_ALONE;
}

function howRead(trail: Trail): { read: string; quality: Quality } {
  const words: string[] = [];
  let quality = trail.read.quality;
  for (let on: Trail | null = trail; on; on = on.before) {
    words.unshift(on.read.word);
    if (GUESSES.has(on.read.quality)) quality = on.read.quality;
  }
  return { read: words.join(' '), quality };
}
