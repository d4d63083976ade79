/**
 * Risk without a risk word ("men come to the flat", "ive got everything i need for tonight"): harmless words that belong to a
 * concept each, and rules that say which concepts, close together, want a person. Concepts are walked in the same graph as
 * every other pattern; this file only looks at the marks they left. Pure.
 */
import type { ConceptRule, Lexicon } from './lexicon.ts';
import type { Mark, Place, Reading } from './match.ts';
import type { Term } from './net.ts';
import type { Trail } from './paths.ts';

/** One place where a rule holds: `whole` goes from the first concept to the last, `parts` are the concepts it was made of. */
export type Composed = { rule: ConceptRule; whole: Mark; parts: readonly Place[] };

/** Where concepts stand, each list in the order of the text. */
type Concepts = ReadonlyMap<Term, readonly Place[]>;

/** How many words outside the match a forbidden concept still counts, inside the same sentences. */
const FORBIDDEN_REACH = 6;
/** So many ways of putting one rule together are tried: enough for any message, and little for one made to be slow. */
const MOST_TRIED = 300;

/**
 * Every place where a rule's concepts stand within its window, in one sentence or two neighbouring ones, with no forbidden
 * concept nearby. Places of one rule do not overlap. Time grows with the number of concepts found, times the rules that ask for them.
 */
export function findComposed({ conceptRules }: Lexicon, { paths, concepts }: Reading): Composed[] {
  const found: Composed[] = [];
  let sentences: readonly number[] | null = null;
  for (const first of concepts.keys()) {
    for (const rule of conceptRules.get(first) ?? []) {
      if (!rule.needs.every(concept => concepts.has(concept))) continue;
      sentences ??= sentencesOf(paths.opens);
      for (const parts of findPlaces(rule, sentences, concepts))
        found.push({ rule, whole: joined(rule, parts), parts });
    }
  }
  return found;
}

/** From each place of the first need on, the others are looked for nearby; no two needs are met by the very same words. */
function findPlaces(rule: ConceptRule, sentences: readonly number[], concepts: Concepts): Place[][] {
  const lists = rule.needs.map(need => concepts.get(need) ?? []);
  const found: Place[][] = [];
  const search = {
    rule,
    lists,
    fits: (parts: readonly Place[]) => isClose(rule, sentences, concepts, parts),
    left: MOST_TRIED,
  };
  let done = 0;
  for (const first of lists[0] ?? []) {
    if (first.from < done) continue;
    const parts = complete(search, [first]);
    if (!parts) continue;
    found.push(parts);
    done = extent(parts).to;
  }
  return found;
}

type Search = {
  rule: ConceptRule;
  lists: (readonly Place[])[];
  fits: (parts: readonly Place[]) => boolean;
  left: number;
};

function complete(search: Search, parts: Place[]): Place[] | null {
  const { rule, lists, fits } = search;
  if (parts.length === lists.length) return fits(parts) ? parts : null;
  const { from, to } = extent(parts);
  for (const mark of lists[parts.length] ?? []) {
    if (mark.from - from >= rule.within) return null;
    if (to - mark.from > rule.within || search.left-- <= 0) continue;
    if (rule.ordered ? mark.from < to : parts.some(part => isWithin(part, mark) || isWithin(mark, part)))
      continue;
    const whole = complete(search, [...parts, mark]);
    if (whole) return whole;
  }
  return null;
}

/** "not eat" is within "can not eat" and tells nothing more; "my cat" stands in the gap of "gave … away", and does. */
function isWithin(inner: Place, outer: Place): boolean {
  return inner.from >= outer.from && inner.to <= outer.to && outer.plain > outer.last - outer.first;
}

function isClose(
  rule: ConceptRule,
  sentences: readonly number[],
  concepts: Concepts,
  parts: readonly Place[],
): boolean {
  const { from, to, first: firstToken, last: lastToken } = extent(parts);
  if (to - from > rule.within) return false;
  const first = sentences[firstToken] ?? 0;
  const last = sentences[lastToken] ?? first;
  if (last - first > 1) return false;
  return !rule.not.some(concept =>
    concepts
      .get(concept)
      ?.some(
        near =>
          near.to > from - FORBIDDEN_REACH &&
          near.from < to + FORBIDDEN_REACH &&
          (sentences[near.first] ?? 0) <= last &&
          (sentences[near.last] ?? 0) >= first,
      ),
  );
}

function extent(parts: readonly Place[]): Pick<Place, 'from' | 'to' | 'first' | 'last'> {
  return {
    from: Math.min(...parts.map(part => part.from)),
    to: Math.max(...parts.map(part => part.to)),
    first: Math.min(...parts.map(part => part.first)),
    last: Math.max(...parts.map(part => part.last)),
  };
}

function joined(rule: ConceptRule, parts: readonly Place[]): Mark {
  let trail: Trail | null = null;
  for (const part of parts) for (let on = part.trail; on; on = on.before) trail = { ...on, before: trail };
  return {
    rule,
    ...extent(parts),
    start: Math.min(...parts.map(part => part.start)),
    end: Math.max(...parts.map(part => part.end)),
    overNot: parts.some(part => part.overNot),
    plain: parts.reduce((sum, part) => sum + part.plain, 0),
    trail,
  };
}

/** The number of the sentence that each word stands in. */
function sentencesOf(opens: readonly boolean[]): number[] {
  let sentence = 0;
  return opens.map(opening => (opening ? ++sentence : sentence));
}
