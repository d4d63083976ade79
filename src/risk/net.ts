/**
 * All patterns of all languages as one net, walked from every word of a message. Patterns share their beginnings; a concept is
 * one step, however many words it stands for, so the net grows with what staff have written and not with its combinations.
 */
import type { Part } from './pattern.ts';

/** A word of a language, or a concept: what one step of a pattern takes. Numbers from 0. */
export type Term = number;

/**
 * Where a pattern stands after some of its steps. Most lead on by one `symbol` only, to `next`; all others are in `steps`.
 * `gaps` go on after up to `most` words of any kind. `completes` are the concepts, `ends` the rules (by number) that are complete here.
 */
export type Node = {
  symbol: Term;
  next: Node | null;
  steps: Map<Term, Node[]> | null;
  /** The keys of `steps`, once the net is finished: to go through an array is many times as fast. */
  keys: readonly Term[];
  gaps: { most: number; node: Node }[] | null;
  completes: Term[] | null;
  ends: number[] | null;
  /** Children by what leads to them, and what a gap began at, while patterns are still added. */
  growing: Map<string | Term, Node> | null;
  gapAfter: Node | null;
};

/** One language's words while patterns are added to the net. */
export type Tongue = {
  language: string;
  symbols: Map<string, Term>;
  /** What a word is short for: "dont" → "do not". A pattern that says one finds the other too. */
  longForms: ReadonlyMap<string, readonly (readonly string[])[]>;
  concepts: Map<string, Term>;
  /** Choices written in several patterns are one concept. */
  choices: Map<string, Term>;
};

/** A net that is being made. `units` are the concepts that one symbol alone is. `tongueOf` is the language of a symbol, by number. */
export type Net = {
  root: Node;
  symbols: number;
  tongueOf: number[];
  units: Map<Term, Term[]>;
};

/** An empty net. */
export function newNet(): Net {
  return { root: newNode(), symbols: 0, tongueOf: [], units: new Map() };
}

/** A symbol of its own in the language with this number. */
export function newSymbol(net: Net, tongue: number): Term {
  net.tongueOf.push(tongue);
  return net.symbols++;
}

/** The symbol of a word, given out on first use. */
export function wordSymbol(net: Net, tongue: Tongue, number: number, word: string): Term {
  const known = tongue.symbols.get(word);
  if (known !== undefined) return known;
  const made = newSymbol(net, number);
  tongue.symbols.set(word, made);
  return made;
}

/** What a pattern means to whoever adds it. */
export type Into = { net: Net; tongue: Tongue; number: number };

/** Adds a pattern; walking through it completes the rule. @throws Error, for its author, when it could match no words at all. */
export function addRule(into: Into, parts: readonly Part[], rule: number): void {
  for (const node of grow(into, parts)) {
    node.ends ??= [];
    if (!node.ends.includes(rule)) node.ends.push(rule);
  }
}

/** Adds one way of saying a concept. @throws Error as {@link addRule} does, and for a concept that is nothing but itself. */
export function addConcept(into: Into, parts: readonly Part[], concept: Term): void {
  const [only] = parts;
  if (only && parts.length === 1 && addUnits(into, only, concept)) return;
  for (const node of grow(into, parts)) {
    node.completes ??= [];
    if (!node.completes.includes(concept)) node.completes.push(concept);
  }
}

/** What a finished net is walked with. `units` holds, for each symbol, every concept that it is by itself, directly or through others. */
export type Finished = {
  root: Node;
  units: ReadonlyMap<Term, readonly Term[]>;
  tongueOf: readonly number[];
  /** 1 for each symbol that some pattern takes as a step: of the others nobody asks what follows them. */
  taken: Uint8Array;
};

/** Lets go of what is needed only while patterns are added. */
export function finish(net: Net): Finished {
  const taken = new Uint8Array(net.symbols);
  const waiting = [net.root];
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if (node.next) waiting.push(node.next);
    if (node.symbol >= 0) taken[node.symbol] = 1;
    if (node.steps) node.keys = [...node.steps.keys()];
    for (const symbol of node.keys) taken[symbol] = 1;
    waiting.push(...(node.growing?.values() ?? []));
    node.growing = null;
    node.gapAfter = null;
  }
  const units = new Map([...net.units.keys()].map(symbol => [symbol, reached(net.units, symbol)]));
  return { root: net.root, units, tongueOf: net.tongueOf, taken };
}

function reached(units: ReadonlyMap<Term, readonly Term[]>, from: Term): Term[] {
  const all = new Set<Term>();
  const waiting = [...(units.get(from) ?? [])];
  for (let symbol = waiting.pop(); symbol !== undefined; symbol = waiting.pop()) {
    if (all.has(symbol)) continue;
    all.add(symbol);
    waiting.push(...(units.get(symbol) ?? []));
  }
  return [...all];
}

const NO_KEYS: readonly Term[] = [];

function newNode(gapAfter: Node | null = null): Node {
  return {
    symbol: -1,
    next: null,
    steps: null,
    keys: NO_KEYS,
    gaps: null,
    completes: null,
    ends: null,
    growing: null,
    gapAfter,
  };
}

/** A concept that is a single word or concept needs no walk: whoever writes the one has written the other. */
function addUnits(into: Into, part: Part, concept: Term): boolean {
  if (part.kind === 'choice') {
    for (const way of part.ways) addConcept(into, way, concept);
    return true;
  }
  if (part.kind !== 'word' && part.kind !== 'concept') return false;
  if (part.kind === 'word' && into.tongue.longForms.has(part.word)) {
    for (const form of into.tongue.longForms.get(part.word) ?? []) addConcept(into, wordsOf(form), concept);
  }
  const symbol = symbolOf(into, part);
  if (symbol === concept) throw new Error('a concept cannot stand for itself');
  const list = into.net.units.get(symbol);
  if (!list) into.net.units.set(symbol, [concept]);
  else if (!list.includes(concept)) list.push(concept);
  return true;
}

function grow(into: Into, parts: readonly Part[]): Node[] {
  const { root } = into.net;
  // A gap at the end takes nothing in.
  const ends = growSequence(into, [root], parts).map(node => node.gapAfter ?? node);
  if (ends.includes(root)) throw new Error('every word of this pattern may be missing');
  return ends;
}

function growSequence(into: Into, from: Node[], parts: readonly Part[]): Node[] {
  return parts.reduce((nodes, part) => growPart(into, nodes, part), from);
}

function growPart(into: Into, from: Node[], part: Part): Node[] {
  switch (part.kind) {
    case 'maybe':
      return [...new Set([...from, ...growPart(into, from, part.part)])];
    case 'gap':
      if (from.includes(into.net.root)) throw new Error('a pattern cannot begin with a gap');
      return from.map(node => addGap(node, part.most));
    case 'choice':
      return growChoice(into, from, part.ways);
    case 'word': {
      const long = (into.tongue.longForms.get(part.word) ?? []).map(wordsOf);
      if (long.length > 0) return growChoice(into, from, [[part], ...long]);
    }
  }
  const symbol = symbolOf(into, part);
  return from.map(node => stepTo(node, [symbol]));
}

/** Single words and concepts lead on by themselves; longer ways become a concept of their own, shared by all who write the same choice. */
function growChoice(into: Into, from: Node[], ways: readonly (readonly Part[])[]): Node[] {
  const symbols = new Set<Term>();
  const longer: (readonly Part[])[] = [];
  for (const way of ways) sortWay(into, way, symbols, longer);
  if (longer.length > 0) symbols.add(choiceSymbol(into, longer));
  const list = [...symbols].sort((a, b) => a - b);
  return from.map(node => stepTo(node, list));
}

function sortWay(into: Into, way: readonly Part[], symbols: Set<Term>, longer: (readonly Part[])[]): void {
  const [only] = way;
  if (!only || way.length > 1 || only.kind === 'gap' || only.kind === 'maybe') longer.push(way);
  else if (only.kind === 'choice') for (const inner of only.ways) sortWay(into, inner, symbols, longer);
  else {
    symbols.add(symbolOf(into, only));
    if (only.kind === 'word')
      for (const form of into.tongue.longForms.get(only.word) ?? []) longer.push(wordsOf(form));
  }
}

function choiceSymbol(into: Into, ways: readonly (readonly Part[])[]): Term {
  const key = JSON.stringify(ways);
  const known = into.tongue.choices.get(key);
  if (known !== undefined) return known;
  const made = newSymbol(into.net, into.number);
  into.tongue.choices.set(key, made);
  for (const way of ways) addConcept(into, way, made);
  return made;
}

function symbolOf({ net, tongue, number }: Into, part: Part): Term {
  if (part.kind === 'word') return wordSymbol(net, tongue, number, part.word);
  const name = part.kind === 'concept' ? part.name : '';
  const concept = tongue.concepts.get(name);
  if (concept === undefined) throw new Error(`there is no concept "${name}"`);
  return concept;
}

function wordsOf(words: readonly string[]): Part[] {
  return words.map(word => ({ kind: 'word', word }));
}

function stepTo(from: Node, symbols: readonly Term[]): Node {
  const [only = -1] = symbols;
  if (symbols.length === 1 && from.symbol === only && from.next) return from.next;
  const key = symbols.length === 1 ? only : symbols.join('|');
  const known = from.growing?.get(key);
  if (known) return known;
  const made = newNode();
  if (symbols.length === 1 && !from.next) {
    from.symbol = only;
    from.next = made;
    return made;
  }
  from.growing ??= new Map();
  from.growing.set(key, made);
  from.steps ??= new Map();
  for (const symbol of symbols) {
    const list = from.steps.get(symbol);
    if (list) list.push(made);
    else from.steps.set(symbol, [made]);
  }
  return made;
}

function addGap(from: Node, most: number): Node {
  from.growing ??= new Map();
  const known = from.growing.get(`~${most}`);
  if (known) return known;
  const made = newNode(from);
  from.growing.set(`~${most}`, made);
  from.gaps ??= [];
  from.gaps.push({ most, node: made });
  return made;
}
