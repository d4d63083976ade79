/**
 * Every way of reading a text as words of the lexicon, side by side: "im" is also "i am", "w4nt" is also "want", "kll" may be
 * "kill". The text becomes places with steps between them; nothing that was written is ever replaced.
 */
import type { Lexicon } from './lexicon.ts';
import type { Term } from './net.ts';
import { normalise, type Token } from './normalise.ts';
import {
  type Effort,
  GUESSES,
  guessStarred,
  guessWord,
  type Quality,
  spend,
  splitSquashed,
  type WordRead,
} from './readings.ts';
import { isRealWord } from './real-words.ts';

/** What was read otherwise than it was written, the latest first; `letters` is how long the written word is. */
export type Trail = { word: string; quality: Quality; letters: number; before: Trail | null };

/**
 * From one place to another: a word, or a concept that ends there. `last` is the token it ends in, `plain` counts the words
 * that were surely read; `overNot`: one of its gaps was filled by a negation.
 */
export type Step = {
  symbol: Term;
  to: number;
  last: number;
  overNot: boolean;
  plain: number;
  trail: Trail | null;
};

/**
 * A text as the lexicon sees it. Places 0 to `tokens.length` stand before each token and behind the last; those after them
 * stand inside a token that is read as several words. `steps[place]` lead on; `tokenOf[place]` is the token that it stands before or in.
 * `at[place]` counts in words: "d.i.e" is one, "im" is one and "am" begins at its half.
 * `passes[place]`: what a gap may take as one word there, a token or all of "d.i.e". `carriers[i]`: the languages (bits) in which it
 * carries a denial on. `opens[i]`: token i begins a sentence.
 */
export type Paths = {
  text: string;
  tokens: Token[];
  at: number[];
  tokenOf: number[];
  steps: Step[][];
  passes: Pass[][];
  carriers: number[];
  opens: boolean[];
};

/** A word that is passed over, up to the place `to`; the languages (bits) in which it is a filler, and in which it denies. */
export type Pass = { to: number; filler: number; negator: number };

/** What looking into the unknown words of one text may cost (see `spend`), so that a page of noise stays cheap. */
const MOST_EFFORT = 150;
const ALL_TONGUES = -1;
/** A text as long as this without a space was written without spaces. */
const LONG_UNSPACED = 10;

/** A token with what it may have been meant as where no list knows it; `part`: it was written together with others. */
type Written = Token & { meant: readonly WordRead[]; part: boolean };

/** Reads the words of a text. Pure for a given lexicon; linear in the length. */
export function pathsOf(lexicon: Lexicon, text: string): Paths {
  const all = divided(lexicon, text);
  const tokens = all.filter(({ over }) => over === 0);
  const paths: Paths = {
    text,
    tokens,
    at: countWords(lexicon, all),
    tokenOf: Array.from({ length: tokens.length + 1 }, (_, i) => i),
    steps: Array.from({ length: tokens.length + 1 }, () => []),
    passes: Array.from({ length: tokens.length + 1 }, () => []),
    carriers: new Array(tokens.length).fill(0),
    opens: tokens.map((token, i) => opensSentence(text, tokens[i - 1], token)),
  };
  let [from, seenThrough] = [0, 0];
  for (const [i, token] of all.entries()) {
    const known =
      from >= seenThrough && addToken(lexicon, paths, token, { from, to: from + Math.max(1, token.over) });
    // What the parts of a disguise say by themselves is chance: the 5 and the m in "h1t5 m3".
    if (known && isDisguise(lexicon, token, all.slice(i + 1, i + 1 + token.over)))
      seenThrough = from + token.over;
    if (token.over === 0) from++;
  }
  return paths;
}

/** The tokens of a text; what was written without spaces is divided into its words. */
function divided(lexicon: Lexicon, text: string): Written[] {
  const all = normalise(text);
  const unspaced = text.length >= LONG_UNSPACED && !/\s/.test(text.trim());
  const effort = { left: MOST_EFFORT };
  const found: Written[] = [];
  for (let i = 0; i < all.length; i++) {
    const token = all[i];
    if (!token) continue;
    const known = token.readings.some(word => lexicon.forms.has(word));
    // "b*at" is hardly a bat, whatever the dictionary says.
    const unclear = !known || token.starred?.includes('*');
    if (!unclear || effort.left <= 0 || !token.readings.some(isLatin)) {
      found.push({ ...token, meant: [], part: false });
      continue;
    }
    const { words, parts } = guesses(lexicon, token, all.slice(i + 1, i + 1 + token.over), effort, unspaced);
    if (!parts) found.push({ ...token, meant: words, part: false });
    else {
      found.push(...partsOf(token, parts));
      i += token.over;
    }
  }
  return found;
}

/** Each part where it stands, if the token was written in plain letters; else all of it. */
function partsOf({ start, end }: Token, parts: readonly string[]): Written[] {
  const plain = parts.join('').length === end - start;
  let at = start;
  return parts.map(word => {
    const place = plain ? { start: at, end: at + word.length } : { start, end };
    at += word.length;
    return { readings: [word], ...place, over: 0, meant: [], part: true };
  });
}

/** Where each token begins, and the last ends, in words; the tokens of one disguised word share it. */
function countWords({ forms }: Lexicon, all: readonly Written[]): number[] {
  const at: number[] = [];
  let [words, pieces, left] = [0, 1, 0];
  for (const { over, readings, meant } of all) {
    if (over > 0) {
      if (meant.length > 0 || readings.some(word => forms.has(word))) [pieces, left] = [over, over];
    } else {
      at.push(words + (left > 0 ? (pieces - left) / pieces : 0));
      if (left > 0) left--;
      if (left === 0) words++;
    }
  }
  return [...at, words];
}

type Stretch = { from: number; to: number };

function addToken(lexicon: Lexicon, paths: Paths, token: Written, stretch: Stretch): boolean {
  const letters = token.end - token.start;
  // A picture stands between two words as if it were not there; those that mean something are also words.
  const filler = isPicture(paths.text, token.start) ? ALL_TONGUES : 0;
  paths.passes[stretch.from]?.push({ to: stretch.to, filler, negator: 0 });
  let known = false;
  for (const [i, word] of token.readings.entries()) {
    if (!lexicon.forms.has(word)) continue;
    known = true;
    const apart = token.over > 0 && i === 0 && /[^\p{L}\d]/u.test(paths.text.slice(token.start, token.end));
    const quality = token.part ? 'squashed' : apart ? 'joined' : token.over > 0 ? 'leet' : 'repeat';
    addWord(
      lexicon,
      paths,
      stretch,
      word,
      i === 0 && !token.part && !apart ? null : { word, quality, letters, before: null },
    );
  }
  for (const { word, quality } of token.meant)
    addWord(lexicon, paths, stretch, word, { word, quality, letters, before: null });
  return known;
}

/** Letters apart ("d.i.e"), or digits for letters and no part a word of its own ("h1t5"); "p6" and "4-1" are what they are. */
function isDisguise({ forms }: Lexicon, token: Token, pieces: readonly Token[]): boolean {
  if (pieces.every(({ readings: [word = ''] }) => /^\p{L}$/u.test(word))) return true;
  if (forms.has(token.readings[0] ?? '')) return false;
  return pieces.every(({ readings: [word = ''] }) => word.length < 2 || !forms.has(word));
}

/** All that a word stands for in all languages, each as a path of its own from one place to the other. */
function addWord(lexicon: Lexicon, paths: Paths, stretch: Stretch, word: string, trail: Trail | null): void {
  const token = stretch.from;
  const last = stretch.to - 1;
  for (const { symbols, tongue, filler, carrier, negator } of lexicon.forms.get(word) ?? []) {
    const pass = paths.passes[stretch.from]?.find(({ to }) => to === stretch.to);
    if (pass && filler) pass.filler |= tongue;
    if (pass && negator) pass.negator |= tongue;
    if (carrier) paths.carriers[token] = (paths.carriers[token] ?? 0) | tongue;
    let from = stretch.from;
    for (const [i, symbol] of symbols.entries()) {
      const to = i === symbols.length - 1 ? stretch.to : between(paths, stretch, (i + 1) / symbols.length);
      const plain = trail && GUESSES.has(trail.quality) ? 0 : 1;
      paths.steps[from]?.push({ symbol, to, last, overNot: false, plain, trail: i === 0 ? trail : null });
      from = to;
      if (from !== stretch.to) paths.passes[from]?.push({ to: stretch.to, filler: 0, negator: 0 });
    }
  }
}

/** A new place inside a stretch. */
function between(paths: Paths, { from, to }: Stretch, share: number): number {
  const start = paths.at[from] ?? 0;
  paths.at.push(start + ((paths.at[to] ?? start) - start) * share);
  paths.tokenOf.push(paths.tokenOf[from] ?? 0);
  paths.steps.push([]);
  paths.passes.push([]);
  return paths.at.length - 1;
}

function isPicture(text: string, at: number): boolean {
  return (text.codePointAt(at) ?? 0) > 0x2000 && /^\p{Extended_Pictographic}/u.test(text.slice(at, at + 2));
}

function isLatin(word: string): boolean {
  return /^[a-z]{3,}$/.test(word);
}

type Meant = { words: readonly WordRead[]; parts: string[] | null };

/**
 * What an unknown word may have been meant as: one word, or several run together. Nothing when it is a word in its own
 * right, or real words joined by a symbol ("and...then").
 */
function guesses(
  { forms }: Lexicon,
  token: Token,
  pieces: readonly Token[],
  effort: Effort,
  unspaced: boolean,
): Meant {
  const { readings, starred } = token;
  const real = pieces.filter(
    ({ readings: [piece = ''] }) => piece.length > 1 && (forms.has(piece) || isRealWord(piece)),
  );
  let words: readonly WordRead[] = [];
  if (starred !== undefined && (starred.includes('*') || real.length < pieces.length) && spend(effort, 4))
    words = guessStarred(forms, starred);
  if (words.length > 0 || real.length > 0) return { words, parts: null };
  const spaced = unspaced || (token.over > 0 && starred === undefined);
  for (const word of readings) {
    if (!isLatin(word)) continue;
    words = guessWord(forms, word, effort);
    const [first] = words;
    if (first && first.quality !== 'fuzzy2' && first.quality !== 'phonetic') break;
    const parts = isRealWord(word) ? null : splitSquashed(forms, word, spaced, effort);
    if (parts) return { words: [], parts };
    if (first) break;
  }
  return { words, parts: null };
}

/** A full stop, or a new line; a pause ("he..like") is not one, nor a disguise ("d.i.e"). */
function opensSentence(text: string, before: Token | undefined, { start, end }: Token): boolean {
  if (!before || (end - start === 1 && before.end - before.start === 1 && start - before.end === 1))
    return false;
  for (let i = before.end; i < start; i++) {
    const mark = text[i];
    if (mark === '?' || mark === '!' || mark === '\n') return true;
    if (mark === '.' && text[i - 1] !== '.' && text[i + 1] !== '.') return true;
  }
  return false;
}
