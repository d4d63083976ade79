/** Walks a message through the lexicon and marks every place where a pattern of any kind is complete. */
import type { Lexicon, Rule } from './lexicon.ts';
import { normalise, type Token } from './normalise.ts';
import type { Node } from './tree.ts';

/**
 * A complete pattern: tokens `from` (inclusive) to `to` (exclusive), characters `start` to `end` of the text.
 * `overNot`: one of its gaps was filled by a negation ("he NEVER hit me").
 */
export type Mark = { rule: Rule; from: number; to: number; start: number; end: number; overNot: boolean };

/** A text as the lexicon sees it. `ids[i]` are the known words that token i can be read as. */
export type Reading = { text: string; tokens: Token[]; ids: (readonly number[])[]; marks: Mark[] };

/** So that "want to really really die" is found but a page of fillers costs nothing. */
const MOST_FILLERS = 3;
const UNKNOWN: readonly number[] = [];

/** Reads one text. Pure; time is linear in the text for a given lexicon. */
export function readText(lexicon: Lexicon, text: string): Reading {
  const tokens = normalise(text);
  const reading: Reading = { text, tokens, ids: tokens.map(token => idsOf(lexicon, token)), marks: [] };
  for (let first = 0; first < tokens.length; first++) {
    walk(lexicon, reading, lexicon.root, { first, at: first, last: first, fillers: 0, overNot: false });
  }
  return reading;
}

/** The place where new ways of recognising a word belong (misspellings, sounds): whatever ids they find are added here. */
function idsOf(lexicon: Lexicon, token: Token): readonly number[] {
  const { readings } = token;
  if (readings.length === 1) return lexicon.words.get(readings[0] ?? '') ?? UNKNOWN;
  let ids = UNKNOWN;
  for (const reading of readings) {
    const more = lexicon.words.get(reading);
    if (more) ids = ids.length === 0 ? more : [...ids, ...more];
  }
  return ids;
}

/** Where a walk stands: it began at token `first`, `last` was the last word taken, `at` is next. */
type Place = { first: number; at: number; last: number; fillers: number; overNot: boolean };

/** One step: the next token is taken as a word of the pattern, as a word of a gap, or skipped as a filler. */
function walk(lexicon: Lexicon, reading: Reading, node: Node, place: Place): void {
  const { first, at, last, fillers, overNot } = place;
  for (const rule of node.ends) addMark(lexicon, reading, rule, place);
  const token = reading.tokens[at];
  if (token === undefined) return;
  const ids = reading.ids[at] ?? UNKNOWN;
  const next = at + 1 + token.over;
  for (const id of ids) {
    const target = node.edges.get(id);
    if (target) walk(lexicon, reading, target, { first, at: next, last: at, fillers, overNot });
  }
  if (at === first) return;
  if (token.over > 0) walk(lexicon, reading, node, { first, at: at + 1, last, fillers, overNot });
  if (node.any && token.over === 0 && !opensSentence(reading, at)) {
    const not = overNot || ids.some(id => lexicon.negators.has(id));
    walk(lexicon, reading, node.any, { first, at: next, last: at, fillers, overNot: not });
  }
  if (
    fillers < MOST_FILLERS &&
    token.over === 0 &&
    node.edges.size > 0 &&
    ids.some(id => lexicon.fillers.has(id))
  ) {
    walk(lexicon, reading, node, { first, at: next, last, fillers: fillers + 1, overNot });
  }
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
  { first, at, last, overNot }: Place,
): void {
  const rule = lexicon.rules[ruleNumber];
  const start = reading.tokens[first]?.start;
  const end = reading.tokens[last]?.end;
  if (rule === undefined || start === undefined || end === undefined) return;
  // The same words can be reached twice, as gap and as filler; the marks of one first word lie together at the end.
  for (let i = reading.marks.length - 1; i >= 0; i--) {
    const mark = reading.marks[i];
    if (mark === undefined || mark.from !== first) break;
    if (mark.rule !== rule || mark.end !== end) continue;
    mark.overNot &&= overNot;
    return;
  }
  reading.marks.push({ rule, from: first, to: at, start, end, overNot });
}
