/** Walks the readings of a message through the net and marks every place where a pattern or a concept is complete. */
import type { Lexicon, Rule } from './lexicon.ts';
import type { Node, Term } from './net.ts';
import { type Paths, pathsOf, type Step, type Trail } from './paths.ts';
import { GUESSES, type Quality } from './readings.ts';

/**
 * Words `from` to `to` ("shes" is one word, so "is" begins at its half), tokens `first` to `last`, characters `start` to `end`
 * of the text. `overNot`: one of its gaps was filled by a negation ("he NEVER hit me"). `how` tells which of its words were not
 * written plainly, what they were read as ("kll" → "kill"), and the least certain way of reading that was used.
 */
export type Place = {
  from: number;
  to: number;
  first: number;
  last: number;
  start: number;
  end: number;
  overNot: boolean;
  plain: number;
  trail: Trail | null;
};

/** A complete pattern. */
export type Mark = Place & { rule: Rule };

/** What one text says. `concepts` holds those that some rule asks for, each list in the order of the text. */
export type Reading = {
  paths: Paths;
  marks: Mark[];
  concepts: Map<Term, Place[]>;
  /** It was so tangled that the rest was left unread. */
  cutShort: boolean;
};

/** So that "want to really really die" is found but a page of fillers costs nothing. */
const MOST_FILLERS = 3;
/** Far above what any message needs (measured: 2,000 characters of plain talk take some 20,000); noise made to be slow stops here. */
const MOST_WALKED = 60_000;
const LONG_ENOUGH_ALONE = 7;
const MANY_STEPS = 12;

type Run = {
  lexicon: Lexicon;
  reading: Reading;
  /** Where the walk began, and in which language. */
  first: number;
  tongue: number;
  walked: number;
  /** A bit for each symbol at each place: most steps are asked for in vain. `width` numbers for each place. */
  present: Uint32Array;
  width: number;
  /** The steps of a place by their symbol, made when a place with many is first walked on from. */
  bySymbol: (ReadonlyMap<Term, readonly Step[]> | undefined)[];
};

/** Reads one text. Pure; time is linear in the text for a given lexicon, and bounded. */
export function readText(lexicon: Lexicon, text: string): Reading {
  const paths = pathsOf(lexicon, text);
  const reading: Reading = { paths, marks: [], concepts: new Map(), cutShort: false };
  const width = (lexicon.tongueOf.length + 31) >>> 5;
  const present = new Uint32Array(width * paths.at.length);
  const run: Run = { lexicon, reading, first: 0, tongue: 0, walked: 0, present, width, bySymbol: [] };
  // From the end backwards: all that can follow a word is known before the word itself is looked at.
  const places = paths.at.map((_, place) => place).sort((a, b) => (paths.at[b] ?? 0) - (paths.at[a] ?? 0));
  for (const place of places) readFrom(run, place);
  reading.marks.sort((a, b) => a.from - b.from || a.to - b.to);
  for (const list of reading.concepts.values()) list.sort((a, b) => a.from - b.from || a.to - b.to);
  reading.cutShort = run.walked > MOST_WALKED;
  return reading;
}

/** Everything that begins at a place. A concept that is found there may itself begin another. */
function readFrom(run: Run, place: number): void {
  const steps = run.reading.paths.steps[place] ?? [];
  run.first = place;
  const words = steps.length;
  for (const { symbol } of steps) setPresent(run, place, symbol);
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i];
    if (!step) continue;
    if (i < words) addUnits(run, step.symbol, step.to, step.last, step.overNot, step.plain, step.trail);
    run.tongue = run.lexicon.tongueOf[step.symbol] ?? 0;
    take(run, run.lexicon.root, step, false, 0, null, 0);
  }
}

/** A step has been taken to `node`, and in the text to the place `at`. */
function arrive(
  run: Run,
  node: Node,
  at: number,
  last: number,
  overNot: boolean,
  plain: number,
  trail: Trail | null,
  fillers: number,
): void {
  if (node.completes)
    for (const concept of node.completes) {
      addConcept(run, concept, at, last, overNot, plain, trail);
      addUnits(run, concept, at, last, overNot, plain, trail);
    }
  if (node.ends) for (const rule of node.ends) addMark(run, rule, at, last, overNot, plain, trail);
  if (node.next || node.steps || node.gaps) goOn(run, node, at, last, overNot, plain, trail, fillers);
}

function isPresent({ present, width }: Run, place: number, symbol: Term): boolean {
  return ((present[place * width + (symbol >>> 5)] ?? 0) & (1 << (symbol & 31))) !== 0;
}

function setPresent({ present, width }: Run, place: number, symbol: Term): void {
  const at = place * width + (symbol >>> 5);
  present[at] = (present[at] ?? 0) | (1 << (symbol & 31));
}

/** Goes along whichever of the node's steps the text offers at this place, looking through the shorter of the two lists. */
function takeAny(
  run: Run,
  node: Node,
  at: number,
  overNot: boolean,
  plain: number,
  trail: Trail | null,
  fillers: number,
): void {
  const steps = run.reading.paths.steps[at] ?? [];
  if (node.keys.length > steps.length * 4) {
    for (const step of steps)
      if (step.symbol !== node.symbol) take(run, node, step, overNot, plain, trail, fillers);
    return;
  }
  const { keys } = node;
  const { present } = run;
  const offset = at * run.width;
  for (let i = 0; i < keys.length; i++) {
    const symbol = keys[i] ?? 0;
    if (((present[offset + (symbol >>> 5)] ?? 0) & (1 << (symbol & 31))) === 0 || symbol === node.symbol)
      continue;
    takeAll(run, node, at, symbol, overNot, plain, trail, fillers);
  }
}

/** All steps of a place with one symbol. Nothing is added there any more: the walk began before it. */
function takeAll(
  run: Run,
  node: Node,
  at: number,
  symbol: Term,
  overNot: boolean,
  plain: number,
  trail: Trail | null,
  fillers: number,
): void {
  const steps = run.reading.paths.steps[at] ?? [];
  if (steps.length >= MANY_STEPS) {
    run.bySymbol[at] ??= Map.groupBy(steps, step => step.symbol);
    for (const step of run.bySymbol[at]?.get(symbol) ?? [])
      take(run, node, step, overNot, plain, trail, fillers);
    return;
  }
  for (const step of steps) if (step.symbol === symbol) take(run, node, step, overNot, plain, trail, fillers);
}

/** Goes where `step` leads from `node`, if it leads anywhere. */
function take(
  run: Run,
  node: Node,
  step: Step,
  overNot: boolean,
  plain: number,
  trail: Trail | null,
  fillers: number,
): void {
  const next = node.symbol === step.symbol ? node.next : null;
  const others = node.steps?.get(step.symbol);
  if (!next && !others) return;
  const not = overNot || step.overNot;
  const on = step.trail ? joined(step.trail, trail) : trail;
  if (next) arrive(run, next, step.to, step.last, not, plain + step.plain, on, fillers);
  if (others)
    for (const other of others) arrive(run, other, step.to, step.last, not, plain + step.plain, on, fillers);
}

/** The next word is taken as a step of the pattern, as a word of a gap, or passed over as a filler. */
function goOn(
  run: Run,
  node: Node,
  at: number,
  last: number,
  overNot: boolean,
  plain: number,
  trail: Trail | null,
  fillers: number,
): void {
  if (++run.walked > MOST_WALKED) return;
  const { paths } = run.reading;
  if (node.next && isPresent(run, at, node.symbol))
    takeAll(run, node, at, node.symbol, overNot, plain, trail, fillers);
  if (node.keys.length > 0) takeAny(run, node, at, overNot, plain, trail, fillers);
  for (const gap of node.gaps ?? [])
    passOver(run, gap.node, at, last, overNot, plain, trail, fillers, gap.most);
  if (fillers === MOST_FILLERS) return;
  for (const { to, filler } of paths.passes[at] ?? [])
    if ((filler & run.tongue) !== 0) goOn(run, node, to, last, overNot, plain, trail, fillers + 1);
}

/** A gap takes in no word, or up to `most`; it does not reach over a full stop. */
function passOver(
  run: Run,
  node: Node,
  at: number,
  last: number,
  overNot: boolean,
  plain: number,
  trail: Trail | null,
  fillers: number,
  most: number,
): void {
  goOn(run, node, at, last, overNot, plain, trail, fillers);
  const { paths } = run.reading;
  const token = paths.tokenOf[at] ?? 0;
  if (most === 0 || (at === token && paths.opens[token])) return;
  for (const { to, negator } of paths.passes[at] ?? []) {
    const not = overNot || (negator & run.tongue) !== 0;
    passOver(run, node, to, last, not, plain, trail, fillers, most - 1);
  }
}

function joined(later: Trail, before: Trail | null): Trail {
  return before === null ? later : { ...later, before: later.before ? joined(later.before, before) : before };
}

/** The concepts that a word or a concept is by itself. */
function addUnits(
  run: Run,
  symbol: Term,
  to: number,
  last: number,
  overNot: boolean,
  plain: number,
  trail: Trail | null,
): void {
  for (const concept of run.lexicon.units.get(symbol) ?? [])
    addConcept(run, concept, to, last, overNot, plain, trail);
}

/** The same words can be reached in several ways; the plainest counts. */
function addConcept(
  run: Run,
  symbol: Term,
  to: number,
  last: number,
  overNot: boolean,
  plain: number,
  trail: Trail | null,
): void {
  const { paths, concepts } = run.reading;
  const steps = paths.steps[run.first] ?? [];
  if (isPresent(run, run.first, symbol)) {
    for (const known of steps) {
      if (known.symbol !== symbol || known.to !== to) continue;
      known.overNot &&= overNot;
      return;
    }
  }
  const { lexicon } = run;
  const step: Step = { symbol, to, last, overNot, plain, trail };
  if (lexicon.taken[symbol] === 1) {
    setPresent(run, run.first, symbol);
    steps.push(step);
  }
  if (!lexicon.watched.has(symbol)) return;
  const list = concepts.get(symbol);
  const from = paths.at[run.first] ?? 0;
  const end = paths.at[to] ?? 0;
  if (list?.some(known => known.from === from && known.to === end)) return;
  if (list) list.push(placeOf(run, step));
  else concepts.set(symbol, [placeOf(run, step)]);
}

function addMark(
  run: Run,
  ruleNumber: number,
  to: number,
  last: number,
  overNot: boolean,
  plain: number,
  trail: Trail | null,
): void {
  const { marks } = run.reading;
  const rule = run.lexicon.rules[ruleNumber];
  if (rule === undefined || !isTrusted(rule, plain, trail)) return;
  const place = placeOf(run, { to, last, overNot, plain, trail });
  // The marks of one first word lie together at the end.
  for (let i = marks.length - 1; i >= 0; i--) {
    const mark = marks[i];
    if (mark === undefined || mark.from !== place.from) break;
    if (mark.rule !== rule || mark.end !== place.end) continue;
    mark.overNot &&= overNot;
    if (!trail) mark.trail = null;
    return;
  }
  marks.push({ ...place, rule });
}

function placeOf({ reading: { paths }, first }: Run, step: Omit<Step, 'symbol'>): Place {
  const { to, last, overNot, plain, trail } = step;
  const from = paths.at[first] ?? 0;
  const token = paths.tokenOf[first] ?? 0;
  const start = paths.tokens[token]?.start ?? 0;
  const end = paths.tokens[last]?.end ?? start;
  return { from, to: paths.at[to] ?? from, first: token, last, start, end, overNot, plain, trail };
}

/**
 * One guessed word alone brings nobody unless it is long; a guess never denies, and never makes a joke or the past of
 * something, for that would send a person away on a guess.
 */
export function isTrusted(rule: Rule, plain: number, trail: Trail | null): boolean {
  let guessed = 0;
  let longest = 0;
  for (let on = trail; on; on = on.before) {
    if (!GUESSES.has(on.quality)) continue;
    guessed++;
    longest = Math.max(longest, on.letters);
  }
  if (guessed === 0) return true;
  if (rule.kind === 'sign' && ['negation', 'joke', 'past'].includes(rule.sign)) return false;
  return plain > 0 || guessed > 1 || longest >= LONG_ENOUGH_ALONE;
}

/** What the words were read as where they were not plainly written ("kill myself"), and the least certain way it was done; else null. */
export function howRead(trail: Trail | null): { read: string; quality: Quality } | null {
  if (!trail) return null;
  const words: string[] = [];
  let quality = trail.quality;
  for (let on: Trail | null = trail; on; on = on.before) {
    words.unshift(on.word);
    if (GUESSES.has(on.quality)) quality = on.quality;
  }
  return { read: words.join(' '), quality };
}
