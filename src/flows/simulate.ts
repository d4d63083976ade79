import type { ChannelName } from '../channels/protocol.ts';
import type { Contact } from '../directory/contacts.ts';
import { ACTIONS, type ActionAnswer, ageOf, type Facts, type Found, nationOf } from './actions.ts';
import { type CompiledFlow, MAX_REASKS } from './compile.ts';
import type { Step } from './flow.ts';
import { type Guards, guardsOf, slotNamed } from './guards.ts';
import { type Option, understand } from './understand.ts';

/**
 * Transition cover: few conversations that together take every link of a flow that a young person can take. Not all
 * paths: twelve questions of three answers have half a million of those.
 */
export type Cover = {
  talks: Talk[];
  /** The links that no input, channel or duty takes, as `step outcome`: those of actions that never end so here. */
  untaken: string[];
};

/** One conversation, begun in the flow: what is typed in a terminal, line by line, and where each line leads. */
export type Talk = {
  /** The flow that it begins in. */
  flow: string;
  channel: ChannelName;
  onDuty: boolean;
  /** `> words` are sent, `~ 1d` lets time go by. */
  lines: string[];
  /** Where the conversation stands after each line, as `flow.step`; null when no question is open any more. */
  stands: (string | null)[];
};

/** What the service knows while it is talked to. `now` is UTC ms. */
export type Surroundings = { flows: Map<string, CompiledFlow>; contacts: Contact[]; now: number };

/** Words that mean nothing in any flow. */
const RUBBISH = 'asdfghjkl';
/** More standings than this are not looked at in one flow: what is left then counts as untaken. */
const MOST_STANDINGS = 1_500;

/** Where somebody stands between two inputs, and all that later turns rest on. */
type Standing = {
  flow: string;
  step: Step;
  returns: { flow: string; step: Step }[];
  misses: number;
  /** A person was called: nobody falls asleep who waits. */
  waiting: boolean;
  slots: Record<string, string>;
  safeToText: Facts['safeToText'];
  found: Record<string, Found[]>;
};
type World = Surroundings & {
  channel: ChannelName;
  onDuty: boolean;
  guards: Guards;
  /** The flow whose links are to be taken. */
  covered: string;
  nodes: Map<string, Node>;
  answers: Map<string, ActionAnswer>;
  inputs: Map<string, Input[]>;
};
type Node = { at: Standing; ways: Way[] | null };
type Way = { line: string; next: Node | null; taken: string[] };

/**
 * The conversations that cover `flow`, in the fewest worlds: on the web with somebody on duty first, then whatever
 * only another channel or an empty desk can take.
 */
export function coverInputs(flow: CompiledFlow, around: Surroundings): Cover {
  const name = flow.flow.flow;
  const untaken = new Set(flow.flow.steps.flatMap(linksOf));
  const talks: Talk[] = [];
  // How an action ends is not for them to choose: for such links alone nothing is looked for.
  const outcomes = new Set(flow.flow.steps.filter(({ kind }) => kind.kind === 'do').flatMap(linksOf));
  const answers = new Map<string, ActionAnswer>();
  const inputs = new Map<string, Input[]>();
  const guards = guardsOf([...around.flows.values()].map(compiled => compiled.flow));
  const welcome = around.flows.get('welcome');
  cover(flow);
  // What only somebody can take who said something before, in another flow, begins where everybody begins.
  const asksBefore = flow.flow.steps.filter(({ kind }) => kind.kind === 'if').flatMap(linksOf);
  if (welcome && welcome !== flow && asksBefore.some(link => untaken.has(link))) cover(welcome);
  return { talks, untaken: [...untaken] };

  function cover(begins: CompiledFlow) {
    for (const channel of ['web', 'sms'] as const) {
      for (const onDuty of [true, false]) {
        const world = {
          ...around,
          channel,
          onDuty,
          guards,
          covered: name,
          nodes: new Map(),
          answers,
          inputs,
        };
        if ([...untaken].some(link => !outcomes.has(link))) talks.push(...talksIn(world, begins, untaken));
      }
    }
  }
}

/** Every link of a step, the ones that no author writes too. */
function linksOf({ id, kind }: Step): string[] {
  const named = (names: string[]) => names.map(name => `${id} ${name}`);
  switch (kind.kind) {
    case 'say':
      return named(['go']);
    case 'call':
      return named(['returned']);
    case 'if':
      return named(['then', 'else']);
    case 'do':
      return named(Object.keys(kind.outcomes));
    case 'ask':
      return named([
        ...kind.choices.map(choice => `chose.${choice.id}`),
        ...(kind.choicesFrom ? ['picked'] : []),
        ...(kind.text ? ['wrote'] : ['missed', 'missed too often']),
        ...(kind.text?.canSkip ? ['skipped'] : []),
        'silence',
      ]);
    case 'handover':
    case 'end':
      return [];
  }
}

function talksIn(world: World, flow: CompiledFlow, untaken: Set<string>): Talk[] {
  const talks: Talk[] = [];
  const begun = begin(world, flow);
  const isNew = (way: Way) => way.taken.some(link => untaken.has(link));
  // What is said before the first question, or without one, is taken by entering.
  const byEntering = begun.taken.filter(link => untaken.delete(link));
  for (;;) {
    const { channel, onDuty } = world;
    const talk: Talk = { flow: flow.flow.flow, channel, onDuty, lines: [], stands: [] };
    let at = begun.next;
    while (at) {
      // First all that goes on, so that what ends a conversation comes at the end of one.
      const path: Way[] | null =
        nearest(world, at, way => way.next !== null && isNew(way)) ?? nearest(world, at, isNew);
      if (!path) break;
      for (const way of path) {
        talk.lines.push(way.line);
        talk.stands.push(way.next && `${way.next.at.flow}.${way.next.at.step.id}`);
        for (const link of way.taken) untaken.delete(link);
        at = way.next;
      }
    }
    if (talk.lines.length > 0 || (talks.length === 0 && byEntering.length > 0)) talks.push(talk);
    if (talk.lines.length === 0) return talks;
  }
}

/** The shortest way from `from` that ends with a turn that is `wanted`. */
function nearest(world: World, from: Node, wanted: (way: Way) => boolean): Way[] | null {
  const seen = new Map<Node, { way: Way; before: Node } | null>([[from, null]]);
  // A Map is gone through in the order in which it grows: nearer ones first.
  for (const node of seen.keys()) {
    for (const way of waysFrom(world, node)) {
      if (wanted(way)) return [...trailTo(node), way];
      if (way.next && !seen.has(way.next)) seen.set(way.next, { way, before: node });
    }
  }
  return null;

  function trailTo(node: Node): Way[] {
    const path: Way[] = [];
    for (let last = seen.get(node); last; last = seen.get(last.before)) path.unshift(last.way);
    return path;
  }
}

function waysFrom(world: World, node: Node): Way[] {
  node.ways ??= inputsAt(world, node.at).map(input => answer(world, node.at, input));
  return node.ways;
}

/** The one node for all standings from which the same can follow; null when there are too many. */
function nodeOf(world: World, at: Standing): Node | null {
  const { guards, nodes } = world;
  // Of what was remembered, only how the guards judge it.
  const judged = [...guards.subjects].map(([subject, { judge }]) =>
    judge(at.slots[subject.replace(/^slot /, '')]),
  );
  const places = [at, ...at.returns].map(({ flow, step }) => `${flow}.${step.id}`);
  const found = Object.entries(at.found).map(([name, all]) => `${name}${all.length}`);
  const nation = nationOf(at.slots).fact;
  const key = [...places, nation, at.misses, at.waiting, at.safeToText, ...judged, ...found].join(' ');
  const known = nodes.get(key);
  if (known) return known;
  if (nodes.size >= MOST_STANDINGS) return null;
  const made = { at, ways: null };
  nodes.set(key, made);
  return made;
}

type Input = { line: string; event: string; text: string };

/** Everything that can be sent at a question, each meaning once. */
function inputsAt(world: World, at: Standing): Input[] {
  const found = Object.values(at.found).flat();
  const key = [world.channel, at.flow, at.step.id, at.waiting, ...found.map(({ id }) => id)].join(' ');
  const known = world.inputs.get(key) ?? listInputs(world, at);
  world.inputs.set(key, known);
  return known;
}

function listInputs(world: World, at: Standing): Input[] {
  const { kind } = at.step;
  if (kind.kind !== 'ask') return [];
  const options = optionsAt(world, at);
  const inputs: Input[] = [];
  let number = 0;
  for (const option of options) {
    if (option.shown) number += 1;
    const words = option.shown ? String(number) : option.label;
    if (option.id === 'person' || understand(words, options, { exactly: kind.text !== null }) !== option.id)
      continue;
    if (option.id.startsWith('picked') && inputs.some(({ event }) => event === 'picked')) continue;
    const [event = '', text = ''] = option.id.split('~');
    inputs.push({ line: `> ${words}`, event, text });
  }
  const values = kind.save ? (world.guards.subjects.get(slotNamed(kind.save))?.samples ?? []) : [];
  const written = [RUBBISH, ...values].filter(
    words => understand(words, options, { exactly: kind.text !== null }) === null,
  );
  if (kind.text) inputs.push(...written.map(text => ({ line: `> ${text}`, event: 'wrote', text })));
  else inputs.push({ line: `> ${RUBBISH}`, event: 'missed', text: '' });
  if (!at.waiting) inputs.push({ line: '~ 1d', event: 'silence', text: '' });
  return inputs;
}

/** The options in the order in which the engine shows them (conversation/options.ts). */
function optionsAt({ channel }: World, { step, found }: Standing): Option[] {
  const { kind } = step;
  if (kind.kind !== 'ask') return [];
  const own = kind.choices.map(choice => ({
    id: `chose.${choice.id}`,
    label: (channel === 'sms' && step.sms.choices[choice.id]) || choice.label,
    words: [choice.label, ...choice.words],
    shown: choice.shown,
  }));
  const results = (kind.choicesFrom && found[kind.choicesFrom]) || [];
  const picked = results.map(({ id, label }) => ({ id: `picked~${id}`, label, words: [], shown: true }));
  const skip = kind.text?.canSkip ? [{ id: 'skipped', label: 'Skip', words: [], shown: true }] : [];
  const person = { id: 'person', label: 'Talk to a person', words: [], shown: true };
  return [
    ...own.filter(({ shown }) => shown),
    ...picked,
    ...skip,
    person,
    ...own.filter(({ shown }) => !shown),
  ];
}

function begin(world: World, flow: CompiledFlow): { next: Node | null; taken: string[] } {
  const start = flow.steps.get(flow.flow.start);
  const blank = { misses: 0, waiting: false, slots: {}, safeToText: 'unknown', found: {} } as const;
  return start
    ? arrive(world, { ...blank, returns: [], flow: flow.flow.flow, step: start }, [])
    : { next: null, taken: [] };
}

function answer(world: World, at: Standing, { line, event, text }: Input): Way {
  const { kind } = at.step;
  if (kind.kind !== 'ask') return { line, next: null, taken: [] };
  const taken = world.covered === at.flow ? [`${at.step.id} ${event}`] : [];
  if (event === 'silence') return { line, next: null, taken };
  if (event === 'missed') {
    if (at.misses < MAX_REASKS) return { line, next: nodeOf(world, { ...at, misses: at.misses + 1 }), taken };
    return { line, next: null, taken: taken.map(link => `${link} too often`) };
  }
  const choice = kind.choices.find(({ id }) => event === `chose.${id}`);
  const kept = choice ? choice.id : text;
  const slots = kind.save && event !== 'skipped' ? { ...at.slots, [kind.save]: kept } : at.slots;
  const to = stepOf(world, at.flow, choice?.go ?? kind.go ?? '');
  if (!to) return { line, next: null, taken };
  return { line, ...arrive(world, { ...at, misses: 0, slots, step: to }, taken) };
}

/** Follows the flows from a step until a question is open or nothing more is said. */
function arrive(world: World, from: Standing, before: string[]): { next: Node | null; taken: string[] } {
  const taken = [...before];
  let at = from;
  // A circle without a question is found by check.ts; here it must only not go on for ever.
  for (let moves = 0; moves < 1_000; moves++) {
    if (at.step.kind.kind === 'ask') return { next: nodeOf(world, at), taken };
    const moved = moveOn(world, at);
    if (!moved) return { next: null, taken };
    if (moved.link && moved.in === world.covered) taken.push(moved.link);
    at = moved.next;
  }
  return { next: null, taken };
}

type OneMove = { next: Standing; in: string; link: string | null } | null;

function moveOn(world: World, at: Standing): OneMove {
  const { kind, id } = at.step;
  const go = (to: string, name: string, changed: Partial<Standing> = {}): OneMove => {
    const step = stepOf(world, at.flow, to);
    return step && { next: { ...at, ...changed, step }, in: at.flow, link: `${id} ${name}` };
  };
  switch (kind.kind) {
    case 'ask':
    case 'handover':
      return null;
    case 'say':
      return go(kind.go, 'go');
    case 'if': {
      const is = factOf(world, at, kind.about);
      return is !== undefined && kind.is.includes(is) ? go(kind.then, 'then') : go(kind.otherwise, 'else');
    }
    case 'do': {
      const { outcome, changed } = decide(world, at, kind.action, kind.inputs);
      return outcome === null ? null : go(kind.outcomes[outcome] ?? '', outcome, changed);
    }
    case 'call': {
      const start = world.flows.get(kind.flow)?.flow.start ?? '';
      const step = stepOf(world, kind.flow, start);
      const returns = [...at.returns, { flow: at.flow, step: at.step }];
      return step && { next: { ...at, flow: kind.flow, step, returns }, in: at.flow, link: null };
    }
    case 'end': {
      const back = at.returns.at(-1);
      const to = back?.step.kind.kind === 'call' ? stepOf(world, back.flow, back.step.kind.go) : null;
      if (!back || !to) return null;
      const next = { ...at, flow: back.flow, step: to, returns: at.returns.slice(0, -1), misses: 0 };
      return { next, in: back.flow, link: `${back.step.id} returned` };
    }
  }
}

function stepOf({ flows }: World, flow: string, step: string): Step | null {
  return flows.get(flow)?.steps.get(step) ?? null;
}

function factOf(
  { channel, onDuty }: World,
  { slots, safeToText }: Standing,
  about: { fact: string } | { slot: string },
): string | undefined {
  if ('slot' in about) return slots[about.slot];
  const facts: Record<string, string> = {
    channel,
    language: 'en',
    nation: nationOf(slots).fact,
    onDuty: onDuty ? 'yes' : 'no',
    safeToText,
  };
  return facts[about.fact];
}

/** How the action ends here. A chat that is being deleted goes nowhere. */
function decide(
  world: World,
  { slots, found, safeToText, waiting }: Standing,
  name: string,
  inputs: Record<string, string>,
): { outcome: string | null; changed: Partial<Standing> } {
  const given = Object.fromEntries(
    Object.entries(inputs).map(([input, value]) => [
      input,
      value.startsWith('$') ? (slots[value.slice(1)] ?? '') : value,
    ]),
  );
  const answered = ask(world, name, given, slots);
  const changes = answered?.changes ?? [];
  if (!answered || changes.some(({ type }) => type === 'deleteChat')) return { outcome: null, changed: {} };
  const allowed = changes.find(change => change.type === 'allowTexting')?.answer ?? safeToText;
  const called = waiting || changes.some(({ type }) => type === 'callPerson');
  const listed = answered.found ?? answered.contacts?.map(({ id, name: label }) => ({ id, label, line: '' }));
  const results = ACTIONS[name]?.results;
  return {
    outcome: answered.outcome,
    changed: {
      safeToText: allowed,
      waiting: called,
      found: results ? { ...found, [results]: listed ?? [] } : found,
    },
  };
}

/** Asks the action itself, once for the same question: opening hours cost work. */
function ask(
  { contacts, now, answers }: World,
  name: string,
  given: Record<string, string>,
  slots: Record<string, string>,
): ActionAnswer | undefined {
  const { nation } = nationOf(slots);
  const age = ageOf(slots);
  const key = JSON.stringify([name, given, nation, age]);
  const known =
    answers.get(key) ?? ACTIONS[name]?.decide(given, { now, contacts, nation, age, isTaken: () => false });
  if (known) answers.set(key, known);
  return known;
}
