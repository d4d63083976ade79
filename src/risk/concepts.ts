/**
 * Risk without a risk word ("men come to the flat", "ive got everything i need for tonight"): harmless words that belong to a
 * concept each, and rules that say which concepts, close together, want a person. Concepts are walked in the same graph as
 * every other pattern; this file only looks at the marks they left. Pure.
 */
import type { ConceptRule } from './lexicon.ts';
import type { Mark, Reading } from './match.ts';

/** One place where a rule holds: `whole` goes from the first concept to the last, `parts` are the concepts it was made of. */
export type Composed = { rule: ConceptRule; whole: Mark; parts: readonly Mark[] };

/** The marks of one text by the concept they stand for, each list in the order of the text. */
export type ConceptMarks = ReadonlyMap<string, readonly Mark[]>;

/** How many words outside the match a forbidden concept still counts, inside the same sentences. */
const FORBIDDEN_REACH = 6;
const CHAINS_KEPT = 4;

/** Takes the concept marks out of a reading. Of several ends from one first word the shortest is kept: it leaves most room. */
export function marksByConcept(reading: Reading): ConceptMarks {
  const found = new Map<string, Mark[]>();
  for (const mark of reading.marks) {
    if (mark.rule.kind !== 'concept') continue;
    const list = found.get(mark.rule.id);
    const before = list?.at(-1);
    if (list === undefined) found.set(mark.rule.id, [mark]);
    else if (before?.from !== mark.from) list.push(mark);
    else if (mark.to < before.to) list[list.length - 1] = mark;
  }
  return found;
}

/**
 * Every place where a rule's concepts stand within its window, in one sentence or two neighbouring ones, with no forbidden
 * concept nearby. Places of one rule do not overlap. Time grows with the number of marks, times the number of rules.
 */
export function findComposed(
  rules: readonly ConceptRule[],
  reading: Reading,
  concepts: ConceptMarks,
): Composed[] {
  if (concepts.size === 0) return [];
  const found: Composed[] = [];
  let sentences: readonly number[] | null = null;
  for (const rule of rules) {
    if (!rule.needs.every(anyOf => anyOf.some(concept => concepts.has(concept)))) continue;
    sentences ??= sentencesOf(reading);
    const fits = (parts: readonly Mark[]) => isClose(rule, sentences ?? [], concepts, parts);
    const places = rule.ordered ? findInOrder(rule, concepts, fits) : findInAnyOrder(rule, concepts, fits);
    for (const parts of places) found.push({ rule, whole: joined(rule, parts), parts });
  }
  return found;
}

/**
 * For every need the latest chains that have come so far: no earlier one could end in a shorter match, but a later one may
 * share words with what comes next ("he MAKES ME / MAKES ME SLEEP with them"), so that a few are kept.
 */
function findInOrder(
  rule: ConceptRule,
  concepts: ConceptMarks,
  fits: (parts: readonly Mark[]) => boolean,
): Mark[][] {
  const found: Mark[][] = [];
  let chains: Mark[][][] = rule.needs.map(() => []);
  for (const { mark, needs } of stepsOf(rule, concepts)) {
    for (const need of needs) {
      const before = need === 0 ? [] : chains[need - 1]?.findLast(parts => endsBefore(parts, mark));
      if (before === undefined) continue;
      const chain = [...before, mark];
      if (need < rule.needs.length - 1) {
        chains[need] = [...(chains[need] ?? []).slice(1 - CHAINS_KEPT), chain];
      } else if (fits(chain)) {
        found.push(chain);
        chains = rule.needs.map(() => []);
        break;
      }
    }
  }
  return found;
}

function endsBefore(parts: readonly Mark[], mark: Mark): boolean {
  return (parts.at(-1)?.to ?? 0) <= mark.from;
}

/** The latest mark of every need; two needs cannot be met by the very same words. */
function findInAnyOrder(
  rule: ConceptRule,
  concepts: ConceptMarks,
  fits: (parts: readonly Mark[]) => boolean,
): Mark[][] {
  const found: Mark[][] = [];
  let latest: (Mark | undefined)[] = [];
  for (const { mark, needs } of stepsOf(rule, concepts)) {
    for (const need of needs) latest[need] = mark;
    const parts = rule.needs.flatMap((_, need) => latest[need] ?? []);
    const places = new Set(parts.map(({ from, to }) => `${from}-${to}`));
    if (places.size < rule.needs.length || !fits(parts)) continue;
    found.push(parts);
    latest = [];
  }
  return found;
}

/** The marks that matter to a rule in the order of the text, with the needs each can meet, the last need first. */
function stepsOf(rule: ConceptRule, concepts: ConceptMarks): { mark: Mark; needs: number[] }[] {
  const needsOf = new Map<string, number[]>();
  rule.needs.forEach((anyOf, need) => {
    for (const concept of anyOf) needsOf.set(concept, [need, ...(needsOf.get(concept) ?? [])]);
  });
  return [...needsOf]
    .flatMap(([concept, needs]) => (concepts.get(concept) ?? []).map(mark => ({ mark, needs })))
    .sort((a, b) => a.mark.from - b.mark.from || a.mark.to - b.mark.to);
}

function isClose(
  rule: ConceptRule,
  sentences: readonly number[],
  concepts: ConceptMarks,
  parts: readonly Mark[],
): boolean {
  const { from, to } = extent(parts);
  if (to - from > rule.within) return false;
  const first = sentences[from] ?? 0;
  const last = sentences[to - 1] ?? first;
  if (last - first > 1) return false;
  return !rule.not.some(concept =>
    concepts
      .get(concept)
      ?.some(
        near =>
          near.to > from - FORBIDDEN_REACH &&
          near.from < to + FORBIDDEN_REACH &&
          (sentences[near.from] ?? 0) <= last &&
          (sentences[near.to - 1] ?? 0) >= first,
      ),
  );
}

function extent(parts: readonly Mark[]): { from: number; to: number } {
  return {
    from: Math.min(...parts.map(part => part.from)),
    to: Math.max(...parts.map(part => part.to)),
  };
}

function joined(rule: ConceptRule, parts: readonly Mark[]): Mark {
  return {
    rule,
    ...extent(parts),
    start: Math.min(...parts.map(part => part.start)),
    end: Math.max(...parts.map(part => part.end)),
    overNot: parts.some(part => part.overNot),
  };
}

/** The number of the sentence that each word stands in; a pause ("he..like") does not end one. */
function sentencesOf({ text, tokens }: Reading): number[] {
  let sentence = 0;
  let end = 0;
  return tokens.map((token, i) => {
    if (i > 0 && /[?!\n]|(?<!\.)\.(?!\.)/.test(text.slice(Math.max(0, end), token.start))) sentence++;
    end = token.end;
    return sentence;
  });
}
