import { ACTIONS, FACTS, isFact, TEAMS } from './actions.ts';
import type { Flow, Problem, ReadFlow, Step } from './flow.ts';

/** The flows that the engine itself begins: the first meeting, and the fixed steps at severity 3. */
export const NEEDED_FLOWS = ['welcome', 'emergency', 'talk-to-a-person'] as const;
/** Flows that are the newest for everybody, whatever else a conversation is pinned to. */
export const NEVER_PINNED = ['emergency'] as const;
/** The step of `welcome` that a person comes back to when a flow has ended. */
export const HOME_STEP = 'menu';

/**
 * Checks that every name in the flows exists, that every step can be reached, and that what is stored is
 * declared and used. XState itself would take a wrong name silently.
 * @returns every problem, with its file and line; none means that the flows may be compiled.
 */
export function checkFlows(reads: ReadFlow[]): Problem[] {
  const flows = new Set(reads.map(read => read.flow.flow));
  const missing = NEEDED_FLOWS.filter(name => !flows.has(name)).map(name => ({
    file: `flows/${name}.yaml`,
    line: 1,
    message: `The flow "${name}" is missing. Cairn cannot do without it.`,
  }));
  return [...missing, ...reads.flatMap(read => checkFlow(read, flows))];
}

function checkFlow({ flow, file, lineOf }: ReadFlow, flows: Set<string>): Problem[] {
  const problems: Problem[] = [];
  const add = (path: (string | number)[], message: string) =>
    problems.push({ file, line: lineOf(path), message });
  const ids = new Set(flow.steps.map(step => step.id));
  if (!file.endsWith(`${flow.flow}.yaml`))
    add(['flow'], `The file's name and the flow's name ("${flow.flow}") must be the same.`);
  if (!ids.has(flow.start)) add(['start'], `The flow starts at "${flow.start}", but has no such step.`);
  if (flow.flow === 'welcome' && !ids.has(HOME_STEP))
    add(['steps'], `"welcome" needs a step "${HOME_STEP}", to which people come back.`);
  for (const step of flow.steps) {
    for (const { to, at } of waysOut(step)) {
      if (!ids.has(to))
        add(['steps', step.id, ...at], `"${step.id}" goes to "${to}", but there is no such step.`);
    }
    for (const problem of checkKind(step, flow, flows))
      add(['steps', step.id, ...problem.at], problem.message);
  }
  for (const { step, name } of unknownNames(flow))
    add(
      ['steps', step],
      `"{{${name}}}" names nothing. A text may name ${['emergency', 'numbers', 'person'].join(', ')}, something that "remember" names, or what an action of this flow finds.`,
    );
  for (const slot of unusedSlots(flow))
    add(
      ['remember', slot],
      `"${slot}" is remembered, but never saved or never used. Remember nothing that is not needed.`,
    );
  for (const id of unreached(flow)) add(['steps', id], `Nobody can reach the step "${id}".`);
  return problems;
}

/** Every step that `step` can lead to, and where in the step that is written. */
export function waysOut(step: Step): { to: string; at: (string | number)[] }[] {
  const { kind } = step;
  switch (kind.kind) {
    case 'say':
    case 'call':
      return [{ to: kind.go, at: ['go'] }];
    case 'ask':
      return [
        ...kind.choices.map(choice => ({ to: choice.go, at: ['choices', choice.id, 'go'] })),
        ...((kind.text || kind.choicesFrom) && kind.go ? [{ to: kind.go, at: ['go'] }] : []),
      ];
    case 'if':
      return [
        { to: kind.then, at: ['then'] },
        { to: kind.otherwise, at: ['else'] },
      ];
    case 'do':
      return Object.entries(kind.outcomes).map(([outcome, to]) => ({ to, at: [outcome] }));
    case 'handover':
    case 'end':
      return [];
  }
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

/** What every text may name, besides slots. */
const ALWAYS_NAMED = ['emergency', 'numbers', 'person'];

function unknownNames(flow: Flow): { step: string; name: string }[] {
  const results = resultsIn(flow);
  return flow.steps.flatMap(step =>
    namesIn(step)
      .filter(name => !ALWAYS_NAMED.includes(name) && !Object.hasOwn(flow.remember, name))
      .filter(name => !results.includes(name))
      .map(name => ({ step: step.id, name })),
  );
}

/** What the actions of a flow find, by the names that a text or a question calls it. */
function resultsIn(flow: Flow): string[] {
  return flow.steps.flatMap(({ kind }) => {
    if (kind.kind !== 'do' || !Object.hasOwn(ACTIONS, kind.action)) return [];
    const results = ACTIONS[kind.action]?.results;
    return results === undefined ? [] : [results];
  });
}

/** The names in the texts of a step, whatever they are. */
function namesIn({ say, sms, kind }: Step): string[] {
  const asked = kind.kind === 'ask' ? [kind.ask, ...kind.choices.map(choice => choice.label)] : [];
  const texts = [...say, ...(sms.say ?? []), sms.ask ?? '', ...asked];
  return texts.flatMap(text => [...text.matchAll(/\{\{(.*?)\}\}/g)].map(match => (match[1] ?? '').trim()));
}

function unusedSlots(flow: Flow): string[] {
  const saved = new Set(
    flow.steps.flatMap(({ kind }) => (kind.kind === 'ask' && kind.save ? [kind.save] : [])),
  );
  const used = new Set(
    flow.steps.flatMap(step => {
      const { kind } = step;
      const inTexts = namesIn(step);
      if (kind.kind === 'if' && 'slot' in kind.about) return [kind.about.slot, ...inTexts];
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
