import type { Words } from '../words.ts';
import { ACTIONS, FACTS, isFact, TEAMS } from './actions.ts';
import { alwaysWords } from './at-any-time.ts';
import type { Flow, Problem, ReadFlow, Step } from './flow.ts';
import { provePromises } from './promises.ts';
import { inCircles, waysOut } from './ways.ts';
import { checkWords, namesIn } from './wording.ts';

/** The flows that the engine itself begins: the first meeting, and the fixed steps at severity 3. */
export const NEEDED_FLOWS = ['welcome', 'emergency', 'talk-to-a-person'] as const;
/** Flows that are the newest for everybody, whatever else a conversation is pinned to. */
export const NEVER_PINNED = ['emergency'] as const;
/** The step of `welcome` that a person comes back to when a flow has ended. */
export const HOME_STEP = 'menu';

/** A flow with more steps than this is more than anybody can oversee. */
const MOST_STEPS = 300;

/**
 * Whether these flows may be published: every name in them exists, every step can be reached, what is stored is
 * declared and used, the words mean one thing, nothing goes round for ever; and, when all that is so, the promises of
 * promises.ts. XState itself would take a wrong name silently.
 * @param lines the fixed lines in English, for the words that always work
 * @returns every problem, with its file and line; none means that the flows may be compiled.
 */
export function checkFlows(reads: ReadFlow[], lines: Record<string, string> = ALWAYS_LINES): Problem[] {
  const flows = new Set(reads.map(read => read.flow.flow));
  const missing = NEEDED_FLOWS.filter(name => !flows.has(name)).map(name => ({
    file: `flows/${name}.yaml`,
    line: 1,
    message: `The flow "${name}" is missing. Cairn cannot do without it.`,
  }));
  const words = alwaysWords(lines);
  const saved = savedValues(reads.map(read => read.flow));
  const problems = [
    ...missing,
    ...reads.flatMap(read => checkFlow(read, { flows, words, saved })),
    ...circlesOfCalls(reads),
  ];
  return problems.length > 0 ? problems : provePromises(reads, lines);
}

/** The words that always work, where the caller has no fixed lines at hand. */
const ALWAYS_LINES = {
  'always.person': 'help|human',
  'always.stop': 'stop',
  'always.start': 'start',
  'always.exit': 'exit',
  'always.delete': 'delete',
  'always.back': 'back',
  'always.menu': 'menu',
};

type Around = { flows: Set<string>; words: Words; saved: Map<string, string[] | null> };

function checkFlow({ flow, file, lineOf }: ReadFlow, { flows, words, saved }: Around): Problem[] {
  const problems: Problem[] = [];
  const add = (path: (string | number)[], message: string) =>
    problems.push({ file, line: lineOf(path), message });
  const ids = new Set(flow.steps.map(step => step.id));
  if (!file.endsWith(`${flow.flow}.yaml`))
    add(['flow'], `The file's name and the flow's name ("${flow.flow}") must be the same.`);
  if (!ids.has(flow.start)) add(['start'], `The flow starts at "${flow.start}", but has no such step.`);
  if (flow.flow === 'welcome' && !ids.has(HOME_STEP))
    add(['steps'], `"welcome" needs a step "${HOME_STEP}", to which people come back.`);
  if (ids.size > MOST_STEPS)
    add(
      ['steps'],
      `This flow has ${ids.size} steps; ${MOST_STEPS} is the most. Split it into smaller flows.`,
    );
  for (const step of flow.steps) {
    for (const { to, at } of waysOut(step)) {
      if (!ids.has(to))
        add(['steps', step.id, ...at], `"${step.id}" goes to "${to}", but there is no such step.`);
    }
    for (const problem of [...checkKind(step, flow, flows), ...impossibleValues(step, saved)])
      add(['steps', step.id, ...problem.at], problem.message);
  }
  for (const { at, message } of [...oldNames(flow), ...checkWords(flow, words)]) add(at, message);
  for (const slot of unusedSlots(flow))
    add(
      ['remember', slot],
      `"${slot}" is remembered, but never saved or never used. Remember nothing that is not needed.`,
    );
  for (const id of unreached(flow)) add(['steps', id], `Nobody can reach the step "${id}".`);
  for (const id of circles(flow))
    add(['steps', id], `"${id}" leads round in a circle without a question, and would never end.`);
  return problems;
}

/** Steps that lead to one another without ever waiting for an answer. */
function circles(flow: Flow): string[] {
  const running = flow.steps.filter(({ kind }) => kind.kind !== 'ask');
  return inCircles(new Map(running.map(step => [step.id, waysOut(step).map(({ to }) => to)])));
}

/** Flows that call one another round: every call leaves something to come back to, and would never come back. */
function circlesOfCalls(reads: ReadFlow[]): Problem[] {
  const calls = reads.flatMap(read =>
    read.flow.steps.flatMap(({ id, kind }) => (kind.kind === 'call' ? [{ read, id, to: kind.flow }] : [])),
  );
  const next = reads.map(({ flow }): [string, string[]] => [
    flow.flow,
    calls.filter(({ read }) => read.flow === flow).map(({ to }) => to),
  ]);
  const round = new Set(inCircles(new Map(next)));
  return calls
    .filter(({ read, to }) => round.has(read.flow.flow) && round.has(to))
    .map(({ read, id, to }) => ({
      file: read.file,
      line: read.lineOf(['steps', id, 'call']),
      message: `"${read.flow.flow}" calls "${to}", which leads back to a call of "${read.flow.flow}". No flow may call itself.`,
    }));
}

/** An old name of a step means one step only. */
function oldNames(flow: Flow): { at: string[]; message: string }[] {
  const taken = new Set(flow.steps.map(step => step.id));
  return flow.steps.flatMap(step =>
    step.was.flatMap(old => {
      const message = `"${old}" is the name of another step already, so it cannot be what "${step.id}" was called before.`;
      const problem = taken.has(old) ? [{ at: ['steps', step.id, 'was'], message }] : [];
      taken.add(old);
      return problem;
    }),
  );
}

/** What each slot can hold: null where somebody writes it, else the choices that save it, in any flow. */
function savedValues(flows: Flow[]): Around['saved'] {
  const saved: Around['saved'] = new Map();
  for (const { kind } of flows.flatMap(flow => flow.steps)) {
    if (kind.kind !== 'ask' || kind.save === null) continue;
    const before = saved.get(kind.save);
    const own = kind.text || kind.choicesFrom ? null : kind.choices.map(({ id }) => id);
    saved.set(kind.save, own === null || before === null ? null : [...(before ?? []), ...own]);
  }
  return saved;
}

function impossibleValues({ kind }: Step, saved: Around['saved']): { at: string[]; message: string }[] {
  if (kind.kind !== 'if') return [];
  const name = 'fact' in kind.about ? kind.about.fact : kind.about.slot;
  const possible = 'slot' in kind.about ? saved.get(name) : isFact(name) ? FACTS[name] : null;
  return kind.is
    .filter(value => possible && !possible.some(known => known === value))
    .map(value => ({
      at: ['if', 'is'],
      message: `"${name}" is never "${value}". It can be: ${possible?.join(', ')}.`,
    }));
}

function checkKind(step: Step, flow: Flow, flows: Set<string>): { at: string[]; message: string }[] {
  const { kind } = step;
  const declared = (slot: string) => Object.hasOwn(flow.remember, slot);
  switch (kind.kind) {
    case 'ask':
      return kind.save && !declared(kind.save)
        ? [{ at: ['save'], message: `"${kind.save}" is saved, but "remember" does not name it.` }]
        : [];
    case 'if':
      if ('slot' in kind.about)
        return declared(kind.about.slot)
          ? []
          : [
              {
                at: ['if', 'slot'],
                message: `"${kind.about.slot}" is asked about, but "remember" does not name it.`,
              },
            ];
      return isFact(kind.about.fact)
        ? []
        : [
            {
              at: ['if', 'fact'],
              message: `There is no fact "${kind.about.fact}". There are: ${Object.keys(FACTS).join(', ')}.`,
            },
          ];
    case 'call':
      return flows.has(kind.flow) ? [] : [{ at: ['call'], message: `There is no flow "${kind.flow}".` }];
    case 'handover':
      return TEAMS.some(team => team === kind.team)
        ? []
        : [{ at: ['handover'], message: `There is no team "${kind.team}". There is: ${TEAMS.join(', ')}.` }];
    case 'do':
      return checkDo(kind, declared);
    case 'say':
    case 'end':
      return [];
  }
}

function checkDo(
  kind: Extract<Step['kind'], { kind: 'do' }>,
  declared: (slot: string) => boolean,
): { at: string[]; message: string }[] {
  const action = Object.hasOwn(ACTIONS, kind.action) ? ACTIONS[kind.action] : undefined;
  if (!action)
    return [
      {
        at: ['do'],
        message: `There is no action "${kind.action}". There are: ${Object.keys(ACTIONS).join(', ')}.`,
      },
    ];
  const missing = action.outcomes.filter(outcome => !kind.outcomes[outcome]);
  const extra = Object.keys(kind.outcomes).filter(
    outcome => !action.outcomes.some(known => known === outcome),
  );
  const unknown = Object.keys(kind.inputs).filter(input => !Object.hasOwn(action.inputs, input));
  const foreign = Object.entries(kind.inputs).flatMap(([input, value]) =>
    value.startsWith('$') || !Object.hasOwn(action.inputs, input)
      ? []
      : value
          .split(' ')
          .filter(word => action.inputs[input] !== null && !action.inputs[input]?.includes(word))
          .map(word => ({ input, word })),
  );
  const undeclared = Object.values(kind.inputs).filter(
    value => value.startsWith('$') && !declared(value.slice(1)),
  );
  return [
    ...missing.map(outcome => ({
      at: ['do'],
      message: `"${kind.action}" can end as "${outcome}", so the step must say where that goes.`,
    })),
    ...extra.map(outcome => ({ at: [outcome], message: `"${kind.action}" never ends as "${outcome}".` })),
    ...unknown.map(input => ({ at: ['with', input], message: `"${kind.action}" takes no "${input}".` })),
    ...foreign.map(({ input, word }) => ({
      at: ['with', input],
      message: `"${word}" is not one of: ${action.inputs[input]?.join(', ')}.`,
    })),
    ...undeclared.map(value => ({
      at: ['with'],
      message: `"${value.slice(1)}" is used, but "remember" does not name it.`,
    })),
  ];
}

function unusedSlots(flow: Flow): string[] {
  const saved = new Set(
    flow.steps.flatMap(({ kind }) => (kind.kind === 'ask' && kind.save ? [kind.save] : [])),
  );
  const used = new Set(
    flow.steps.flatMap(step => {
      const { kind } = step;
      const inTexts = namesIn(step);
      // The fact `nation` is the slot of that name.
      if (kind.kind === 'if') return ['slot' in kind.about ? kind.about.slot : kind.about.fact, ...inTexts];
      if (kind.kind === 'do')
        return [...Object.values(kind.inputs).map(value => value.replace(/^\$/, '')), ...inTexts];
      return inTexts;
    }),
  );
  return Object.keys(flow.remember).filter(slot => !saved.has(slot) || !used.has(slot));
}

function unreached(flow: Flow): string[] {
  const steps = new Map(flow.steps.map(step => [step.id, step]));
  const reached = new Set<string>();
  const open = flow.flow === 'welcome' ? [flow.start, HOME_STEP] : [flow.start];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const step = steps.get(next);
    if (!step || reached.has(next)) continue;
    reached.add(next);
    open.push(...waysOut(step).map(way => way.to));
  }
  return flow.steps.map(step => step.id).filter(stepId => !reached.has(stepId));
}
