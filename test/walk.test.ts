import { describe, expect, test } from 'vitest';
import { adjacencyMapToArray, getAdjacencyMap } from 'xstate/graph';
import { FACTS, type Facts, isFact } from '../src/flows/actions.ts';
import { compileFlow, type FlowContext, type FlowEvent, goTo, move } from '../src/flows/compile.ts';
import type { Flow, Step } from '../src/flows/flow.ts';
import { guardsOf, slotNamed } from '../src/flows/guards.ts';
import { type Situation, type Walk, walkFlow } from '../src/flows/walk.ts';
import { SHIPPED } from './support/flow-files.ts';

describe('the walk is the machine', () => {
  test.each(
    SHIPPED,
  )('[PROVE-10] $flow.flow: what is walked is what xstate/graph finds in the compiled machine', ({
    flow,
  }) => {
    const compiled = compileFlow(flow);
    const comesBack = (name: string) =>
      SHIPPED.some(
        other => other.flow.flow === name && other.flow.steps.some(({ kind }) => kind.kind === 'end'),
      );
    const walk = walkFlow(compiled, [flow.start], name => (comesBack(name) ? { saves: new Set() } : null));
    if (!walk) throw new Error('Too tangled.');
    const found = new Set<string>();
    const reached = new Map<string, { value: string; context: FlowContext; event: FlowEvent }[]>();
    const contexts = contextsOf(flow);
    const guards = guardsOf([flow]);
    for (const context of contexts) {
      const started = goTo(compiled, flow.start, context);
      const from = compiled.machine.resolveState({ value: started.step, context: started.context });
      const map = getAdjacencyMap(compiled.machine, {
        fromState: from,
        limit: 50_000,
        events: state => eventsAt(compiled.steps.get(String(state.value)), comesBack, flow),
        serializeState: state => {
          const { misses, nudged, slots } = state.context;
          const judged = [...guards.subjects].map(([name, { judge }]) =>
            judge(slots[name.replace(/^slot /, '')]),
          );
          return [state.value, misses, nudged, ...judged].join(' ');
        },
      });
      for (const { state, event, nextState: next } of adjacencyMapToArray(map)) {
        if (event.type.startsWith('xstate.')) continue;
        const at = `${context.facts.channel} ${state.value} ${state.context.misses} ${event.type}`;
        found.add(`${at} -> ${nameOf(String(next.value))} ${next.context.misses}`);
        reached.set(at, [
          ...(reached.get(at) ?? []),
          { value: String(state.value), context: state.context, event },
        ]);
      }
    }
    const walked = [...movesOf(walk)];
    expect([...found].filter(moved => !walked.includes(moved))).toEqual([]);
    // The machine was walked with facts that stay as they are. Between two turns they may change.
    const changed = walked.filter(moved => {
      if (found.has(moved)) return false;
      const at = moved.slice(0, moved.indexOf(' ->'));
      return !(reached.get(at) ?? []).some(({ value, context, event }) =>
        contexts.some(({ facts }) => {
          const next = move(
            compiled,
            value,
            { ...context, facts: { ...facts, channel: context.facts.channel } },
            event,
          );
          return moved === `${at} -> ${nameOf(next.step)} ${next.context.misses}`;
        }),
      );
    });
    expect(changed).toEqual([]);
    expect(found.size > 0).toBe(flow.steps.some(({ kind }) => ['ask', 'do', 'call'].includes(kind.kind)));
  });
});

const nameOf = (value: string) => (value === '_person' ? 'a person' : value);

/** Each move of a walk between the steps at which the machine rests. */
function movesOf({ situations }: Walk): Set<string> {
  const moves = new Set<string>();
  for (const at of situations) {
    if (passes(at)) continue;
    for (const { by, to } of at.ways) {
      const open = new Set([to]);
      for (const next of open) {
        if (next && passes(next)) for (const way of next.ways) open.add(way.to);
        else {
          const misses = next ? next.misses : at.misses;
          moves.add(
            `${at.channel} ${at.step.id} ${at.misses} ${by} -> ${next?.step.id ?? 'a person'} ${misses}`,
          );
        }
      }
    }
  }
  return moves;
}

const passes = ({ step: { kind } }: Situation) => kind.kind === 'say' || kind.kind === 'if';

/** Every combination of the facts and slots that the guards of a flow judge differently. */
function contextsOf(flow: Flow): FlowContext[] {
  const { subjects } = guardsOf([flow]);
  const facts: Facts = {
    channel: 'web',
    language: 'en',
    nation: 'unknown',
    onDuty: 'no',
    safeToText: 'unknown',
  };
  let contexts: FlowContext[] = [{ misses: 0, nudged: false, slots: {}, facts }];
  for (const name of Object.keys(facts).filter(isFact)) {
    const values = name === 'channel' || subjects.has(name) ? (FACTS[name] ?? []) : [];
    if (values.length > 0)
      contexts = contexts.flatMap(context =>
        values.map(value => ({ ...context, facts: { ...context.facts, [name]: value } })),
      );
  }
  for (const [name, { samples }] of subjects) {
    const slot = /^slot (.*)$/.exec(name)?.[1];
    if (slot !== undefined)
      contexts = contexts.flatMap(context => [
        context,
        ...samples.map(value => ({ ...context, slots: { ...context.slots, [slot]: value } })),
      ]);
  }
  return contexts;
}

/** All that can happen at a step, of what the engine ever sends there. */
function eventsAt(step: Step | undefined, comesBack: (flow: string) => boolean, flow: Flow): FlowEvent[] {
  const kind = step?.kind;
  if (kind?.kind === 'do')
    return Object.keys(kind.outcomes).flatMap(outcome => OUTCOMES.filter(({ type }) => type === outcome));
  if (kind?.kind === 'call') return comesBack(kind.flow) ? [{ type: 'returned' }] : [];
  if (kind?.kind !== 'ask') return [];
  const samples =
    kind.save === null ? [] : (guardsOf([flow]).subjects.get(slotNamed(kind.save))?.samples ?? []);
  const words = ['asdfghjkl', ...samples];
  return [
    ...kind.choices.map(({ id }) => ({ type: `chose.${id}` as const })),
    ...(kind.choicesFrom ? words.map(id => ({ type: 'picked' as const, id })) : []),
    ...(kind.text ? words.map(text => ({ type: 'wrote' as const, text })) : [{ type: 'missed' as const }]),
    ...(kind.text?.canSkip ? [{ type: 'skipped' as const }] : []),
    { type: `xstate.after.silence.${flow.flow}.${step?.id}` },
  ];
}

const OUTCOMES: FlowEvent[] = [{ type: 'ok' }, { type: 'none' }, { type: 'unsure' }, { type: 'failed' }];
