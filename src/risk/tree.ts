/**
 * All patterns of all languages as one graph, walked once per word of a message. Patterns share their beginnings, and the
 * choices inside a pattern share their end, so the size grows with the number of patterns and not with their combinations.
 */
import type { Part } from './pattern.ts';

/** `edges` by word id; `any` is the step taken over any word at all (a gap); `ends` are the rules complete here. */
export type Node = {
  readonly id: number;
  edges: Map<number, Node>;
  any: Node | null;
  ends: number[];
};

/** Every word that some pattern knows. The value is a list of one, ready to be used as "the ids of this token". */
export type Words = Map<string, readonly number[]>;

/** One language's text-speak: `alias` is read as the words in `meaning`, e.g. im → i am, wnt → want. */
export type Reading = { alias: string; meaning: readonly string[] };

export type Grower = { words: Words; merged: Map<string, Node>; nodes: number };

/** Text-speak sorted for use while a language's patterns are compiled. */
export type Aliases = {
  ofWord: ReadonlyMap<string, readonly number[]>;
  longForms: ReadonlyMap<string, readonly (readonly string[])[]>;
  ofPhrase: ReadonlyMap<number, readonly { alias: number; rest: readonly number[] }[]>;
};

/** A fresh, empty state to compile into. */
export function newGrower(): Grower {
  return { words: new Map(), merged: new Map(), nodes: 0 };
}

/** The number of a word, given out on first use. */
export function wordId(words: Words, word: string): number {
  const known = words.get(word);
  if (known) return known[0] ?? 0;
  words.set(word, [words.size]);
  return words.size - 1;
}

/** Sorts a language's readings by what they stand for. */
export function indexReadings(grower: Grower, readings: readonly Reading[]): Aliases {
  const ofWord = new Map<string, number[]>();
  const longForms = new Map<string, (readonly string[])[]>();
  const ofPhrase = new Map<number, { alias: number; rest: number[] }[]>();
  for (const { alias, meaning } of readings) {
    const [head = '', ...rest] = meaning;
    const id = wordId(grower.words, alias);
    if (rest.length === 0) append(ofWord, head, id);
    else {
      append(longForms, alias, meaning);
      append(ofPhrase, wordId(grower.words, head), {
        alias: id,
        rest: rest.map(word => wordId(grower.words, word)),
      });
    }
  }
  return { ofWord, longForms, ofPhrase };
}

/** The graph of one pattern; reaching its end completes the rule with that number. Throws if it could match no words at all. */
export function growPattern(grower: Grower, parts: readonly Part[], rule: number, aliases: Aliases): Node {
  const leaf = newNode(grower);
  leaf.ends.push(rule);
  const root = growSequence(grower, parts, leaf, aliases);
  if (root.ends.length > 0) throw new Error('every word of this pattern may be missing');
  if (root.any) throw new Error('a pattern cannot begin with a gap');
  readPhrasesAsAliases(grower, root, aliases, new Set());
  grower.merged.clear();
  return root;
}

/** One node that does what all of these do. The nodes given are not changed. */
export function mergeNodes(grower: Grower, nodes: readonly Node[]): Node {
  const distinct = [...new Set(nodes)].sort((a, b) => a.id - b.id);
  const [only] = distinct;
  if (only && distinct.length === 1) return only;
  const key = distinct.map(node => node.id).join();
  const known = grower.merged.get(key);
  if (known) return known;
  const merged = newNode(grower);
  merged.ends = [...new Set(distinct.flatMap(node => node.ends))];
  const targets = new Map<number, Node[]>();
  for (const node of distinct) for (const [word, target] of node.edges) append(targets, word, target);
  for (const [word, list] of targets) merged.edges.set(word, mergeNodes(grower, list));
  const gaps = distinct.flatMap(node => node.any ?? []);
  merged.any = gaps.length > 0 ? mergeNodes(grower, gaps) : null;
  grower.merged.set(key, merged);
  return merged;
}

/**
 * As {@link mergeNodes}, but what follows is merged when somebody first writes the words that lead there: of thousands
 * of patterns most are never walked, and to merge them all took most of the time that a start takes. What was merged
 * is kept; there is never more of it than mergeNodes would have made at once.
 */
export function mergeWhenWalked(grower: Grower, nodes: readonly Node[]): Node {
  const distinct = [...new Set(nodes)].sort((a, b) => a.id - b.id);
  const [only] = distinct;
  if (only && distinct.length === 1) return only;
  const key = distinct.map(node => node.id).join();
  const known = grower.merged.get(key);
  if (known) return known;
  const targets = new Map<number, Node[]>();
  for (const node of distinct) for (const word of node.edges.keys()) append(targets, word, node);
  const gaps = distinct.flatMap(node => node.any ?? []);
  let any: Node | null = null;
  const merged: Node = {
    id: grower.nodes++,
    ends: [...new Set(distinct.flatMap(node => node.ends))],
    edges: new EdgesWhenWalked(targets, (word, list) =>
      mergeWhenWalked(
        grower,
        list.flatMap(node => node.edges.get(word) ?? []),
      ),
    ),
    get any() {
      if (gaps.length > 0) any ??= mergeWhenWalked(grower, gaps);
      return any;
    },
  };
  grower.merged.set(key, merged);
  return merged;
}

/** Edges that are made when they are first asked for. */
class EdgesWhenWalked extends Map<number, Node> {
  readonly #from: ReadonlyMap<number, Node[]>;
  readonly #make: (word: number, from: Node[]) => Node;

  constructor(from: ReadonlyMap<number, Node[]>, make: (word: number, from: Node[]) => Node) {
    super();
    this.#from = from;
    this.#make = make;
  }

  override get size(): number {
    return this.#from.size;
  }

  override get(word: number): Node | undefined {
    const known = super.get(word);
    if (known) return known;
    const from = this.#from.get(word);
    if (!from) return undefined;
    const made = this.#make(word, from);
    this.set(word, made);
    return made;
  }

  override keys(): MapIterator<number> {
    return this.#from.keys();
  }
}

function newNode(grower: Grower): Node {
  return { id: grower.nodes++, edges: new Map(), any: null, ends: [] };
}

function growSequence(grower: Grower, parts: readonly Part[], tail: Node, aliases: Aliases): Node {
  return parts.reduceRight((after, part) => growPart(grower, part, after, aliases), tail);
}

function growPart(grower: Grower, part: Part, tail: Node, aliases: Aliases): Node {
  switch (part.kind) {
    case 'word':
      return growWord(grower, part.word, tail, aliases);
    case 'choice':
      return mergeNodes(
        grower,
        part.ways.map(way => growSequence(grower, way, tail, aliases)),
      );
    case 'maybe':
      return mergeNodes(grower, [growPart(grower, part.part, tail, aliases), tail]);
    case 'gap':
      return growGap(grower, part.most, tail);
  }
}

function growWord(grower: Grower, word: string, tail: Node, aliases: Aliases): Node {
  const node = newNode(grower);
  node.edges.set(wordId(grower.words, word), tail);
  for (const alias of aliases.ofWord.get(word) ?? []) node.edges.set(alias, tail);
  // A pattern that says "dont" also means "do not"; the other way round is readPhrasesAsAliases.
  const long = (aliases.longForms.get(word) ?? []).map(form =>
    growSequence(
      grower,
      form.map(each => ({ kind: 'word', word: each })),
      tail,
      aliases,
    ),
  );
  return mergeNodes(grower, [node, ...long]);
}

function growGap(grower: Grower, most: number, tail: Node): Node {
  if (most === 0) return tail;
  const node = newNode(grower);
  node.any = growGap(grower, most - 1, tail);
  return mergeNodes(grower, [tail, node]);
}

/** Wherever "i am" can be walked, "im" can be walked too. Children first, so that what is copied is complete. */
function readPhrasesAsAliases(grower: Grower, node: Node, aliases: Aliases, done: Set<Node>): void {
  if (done.has(node)) return;
  done.add(node);
  for (const target of node.edges.values()) readPhrasesAsAliases(grower, target, aliases, done);
  if (node.any) readPhrasesAsAliases(grower, node.any, aliases, done);
  const found: [number, Node][] = [];
  for (const [word, target] of node.edges) {
    for (const { alias, rest } of aliases.ofPhrase.get(word) ?? []) {
      let end: Node | null = target;
      for (const next of rest) end &&= step(grower, end, next);
      if (end) found.push([alias, end]);
    }
  }
  for (const [alias, end] of found) {
    const there = node.edges.get(alias);
    node.edges.set(alias, there ? mergeNodes(grower, [there, end]) : end);
  }
}

/** Where a word leads, as itself or as a word of a gap. */
function step(grower: Grower, node: Node, word: number): Node | null {
  const ways = [node.edges.get(word), node.any].filter(way => way !== undefined && way !== null);
  return ways.length > 0 ? mergeNodes(grower, ways) : null;
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
