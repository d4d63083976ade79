import {
  type AnyActorScope,
  assign,
  createActor,
  type ExecutableActionObject,
  type SnapshotFrom,
  setup,
} from 'xstate';
import { type Facts, isFact, nationOf } from './actions.ts';
import type { Flow, Step } from './flow.ts';

/**
 * Flow → XState 5 machine, driven purely: an event goes in, the next step and what is to be done come out.
 * No actor ever runs. States are flat, so that a step's name is the whole state.
 *
 * Added to every question, whatever the author wrote: two kind re-asks and then a person, a nudge (web only)
 * and an end by silence.
 */

/** How long a question waits in silence, in ms: on the web until a nudge and then until sleep; by SMS until sleep. */
export const SILENCE_MS = { web: 10 * 60_000, sms: 24 * 3_600_000 } as const;

/** Kind re-asks before a person comes. */
export const MAX_REASKS = 2;

/** More microsteps than this without a question is a circle in the flow. */
const MAX_MICROSTEPS = 200;

/** States that no author writes: a person takes over, and asleep until the next message. */
const PERSON = '_person';
const ASLEEP = '_asleep';
/** Where a conversation stands that is sent to a step from outside: no step of this flow. */
const OUTSIDE = '_outside';

export type FlowContext = { misses: number; nudged: boolean; slots: Record<string, string>; facts: Facts };

export type FlowEvent =
  | { type: `chose.${string}` | `to.${string}` | `xstate.after.${string}` }
  | { type: 'wrote'; text: string }
  /** One of the results that the question offers. */
  | { type: 'picked'; id: string }
  | { type: 'skipped' | 'missed' | 'returned' | 'ok' | 'none' | 'unsure' | 'failed' };

/** What a move asks of its caller, in order. `timer` replaces the conversation's silence timer; `noTimer` ends it. */
export type FlowOutput =
  | { type: 'say' | 'ask' | 'run' | 'call'; step: Step }
  | { type: 'reask'; times: number }
  | { type: 'nudge' }
  | { type: 'handover'; team: string }
  | { type: 'end'; as: string }
  | { type: 'timer'; event: string; delayMs: number }
  | { type: 'noTimer' };

export type Moved = { step: string; context: FlowContext; outputs: FlowOutput[] };

/** Every move brings its own context; this one is never read. */
const NO_CONTEXT: FlowContext = {
  misses: 0,
  nudged: false,
  slots: {},
  facts: { channel: 'web', language: '', nation: 'unknown', onDuty: 'no', safeToText: 'unknown' },
};

type StepParams = { step: string };

const engine = setup({
  types: {
    context: {} as FlowContext,
    events: {} as FlowEvent,
    tags: {} as 'waiting',
  },
  actions: {
    // What these do is read from the list that transition() returns; nothing runs here.
    say: (_, _params: StepParams) => {},
    ask: (_, _params: StepParams) => {},
    run: (_, _params: StepParams) => {},
    call: (_, _params: StepParams) => {},
    reask: () => {},
    nudge: () => {},
    handover: (_, _params: { team: string }) => {},
    end: (_, _params: { as: string }) => {},
    keep: assign({
      slots: ({ context, event }, params: { slot: string; value: string | null }) => ({
        ...context.slots,
        [params.slot]: params.value ?? given(event),
      }),
    }),
    drop: assign({
      slots: ({ context }, params: { slot: string }) => {
        const { [params.slot]: _, ...kept } = context.slots;
        return kept;
      },
    }),
    countMiss: assign({ misses: ({ context }) => context.misses + 1 }),
    countNudge: assign({ nudged: true }),
    answered: assign({ misses: 0, nudged: false }),
  },
  guards: {
    mayReask: ({ context }) => context.misses < MAX_REASKS,
    mayNudge: ({ context }) => context.facts.channel === 'web' && !context.nudged,
    is: ({ context }, params: { fact: keyof Facts | null; slot: string | null; is: string[] }) => {
      // The nation is what was just saved, not what was known before the answer.
      const facts = { ...context.facts, nation: nationOf(context.slots).fact };
      const value = params.fact ? facts[params.fact] : context.slots[params.slot ?? ''];
      return value !== undefined && params.is.includes(value);
    },
  },
  delays: { silence: ({ context }) => SILENCE_MS[context.facts.channel] },
});

/** What somebody gave in their own words, or the result that they picked. */
function given(event: FlowEvent): string {
  return event.type === 'wrote' ? event.text : event.type === 'picked' ? event.id : '';
}

type MachineConfig = Parameters<typeof engine.createMachine>[0];
type StateConfig = NonNullable<MachineConfig['states']>[string];
type Machine = ReturnType<typeof engine.createMachine>;

/** A flow ready to be driven. Made once for each bundle and kept; never one for each conversation. */
export type CompiledFlow = {
  flow: Flow;
  /** By every name that a step has or had. */
  steps: Map<string, Step>;
  machine: Machine;
  scope: AnyActorScope;
};

/** Compiles a flow that check.ts found no fault with. @throws Error when a target does not exist. */
export function compileFlow(flow: Flow): CompiledFlow {
  const states: Record<string, StateConfig> = {
    [OUTSIDE]: {},
    [PERSON]: { type: 'final', entry: { type: 'handover', params: { team: 'helpline' } } },
    [ASLEEP]: { type: 'final', entry: { type: 'end', params: { as: 'asleep' } } },
  };
  for (const step of flow.steps) states[step.id] = toState(step);
  const machine = engine.createMachine({
    id: flow.flow,
    // transition() works out the initial state anew each time (measured: half of its cost), so it is an empty one.
    initial: OUTSIDE,
    context: NO_CONTEXT,
    options: { maxIterations: MAX_MICROSTEPS },
    on: Object.fromEntries(flow.steps.map(step => [`to.${step.id}`, `.${step.id}`])),
    states,
  });
  const steps = new Map(flow.steps.flatMap(step => [...step.was, step.id].map(name => [name, step])));
  return { flow, steps, machine, scope: inertScope(machine) };
}

function toState(step: Step): StateConfig {
  const { kind } = step;
  const params = { step: step.id };
  const say = step.say.length > 0 ? [{ type: 'say' as const, params }] : [];
  switch (kind.kind) {
    case 'say':
      return { entry: say, always: kind.go };
    case 'ask':
      return toQuestion(step, kind);
    case 'if': {
      const fact = 'fact' in kind.about ? factNamed(kind.about.fact) : null;
      const slot = 'slot' in kind.about ? kind.about.slot : null;
      const guard = { type: 'is' as const, params: { fact, slot, is: kind.is } };
      return { entry: say, always: [{ guard, target: kind.then }, { target: kind.otherwise }] };
    }
    case 'do':
      return { entry: [...say, { type: 'run', params }], on: again(kind.outcomes) };
    case 'call':
      return { entry: [...say, { type: 'call', params }], on: again({ returned: kind.go }) };
    case 'handover':
      return { type: 'final', entry: [...say, { type: 'handover', params: { team: kind.team } }] };
    case 'end':
      return { type: 'final', entry: [...say, { type: 'end', params: { as: kind.as } }] };
  }
}

/** A way that leads to the step that it leaves enters that step anew: XState by itself would do nothing there. */
function again(ways: Record<string, string>) {
  return Object.fromEntries(
    Object.entries(ways).map(([event, target]) => [event, { target, reenter: true }]),
  );
}

function toQuestion(step: Step, kind: Extract<Step['kind'], { kind: 'ask' }>): StateConfig {
  const keep = (value: string | null) =>
    kind.save ? [{ type: 'keep' as const, params: { slot: kind.save, value } }] : [];
  const chosen = kind.choices.map(choice => [
    `chose.${choice.id}`,
    { target: choice.go, reenter: true, actions: ['answered' as const, ...keep(choice.id)] },
  ]);
  const written =
    kind.text && kind.go
      ? [['wrote', { target: kind.go, reenter: true, actions: ['answered' as const, ...keep(null)] }]]
      : [];
  // Skipped later, an answer given before is taken back.
  const drop = kind.save ? [{ type: 'drop' as const, params: { slot: kind.save } }] : [];
  const picked =
    kind.choicesFrom && kind.go
      ? [['picked', { target: kind.go, reenter: true, actions: ['answered' as const, ...keep(null)] }]]
      : [];
  const skipped =
    kind.text?.canSkip && kind.go
      ? [['skipped', { target: kind.go, reenter: true, actions: ['answered' as const, ...drop] }]]
      : [];
  return {
    tags: 'waiting',
    entry: [
      ...(step.say.length > 0 ? [{ type: 'say' as const, params: { step: step.id } }] : []),
      { type: 'ask', params: { step: step.id } },
    ],
    on: {
      ...Object.fromEntries([...chosen, ...written, ...picked, ...skipped]),
      missed: [
        { guard: 'mayReask', target: step.id, reenter: true, actions: ['countMiss', 'reask'] },
        { target: PERSON },
      ],
    },
    after: {
      silence: [
        { guard: 'mayNudge', target: step.id, reenter: true, actions: ['countNudge', 'nudge'] },
        { target: ASLEEP },
      ],
    },
  };
}

function factNamed(name: string): keyof Facts {
  if (isFact(name)) return name;
  throw new Error(`There is no fact "${name}".`);
}

/** Enters the flow at its start. */
export function enter(compiled: CompiledFlow, context: FlowContext): Moved {
  return goTo(compiled, compiled.flow.start, context);
}

/** Sends a conversation to `step` of the flow, wherever it stood. @throws Error when there is no such step. */
export function goTo(compiled: CompiledFlow, step: string, context: FlowContext): Moved {
  const named = compiled.steps.get(step);
  if (!named) throw new Error(`The flow "${compiled.flow.flow}" has no step "${step}".`);
  return move(compiled, OUTSIDE, context, { type: `to.${named.id}` });
}

/**
 * Moves on from `step`. An event that the step does not know changes nothing.
 * @throws Error when the stored step is not in this flow, or the flow runs in a circle.
 */
export function move(compiled: CompiledFlow, step: string, context: FlowContext, event: FlowEvent): Moved {
  // A step that was renamed since is found under its old name too.
  const at = compiled.machine.resolveState({ value: compiled.steps.get(step)?.id ?? step, context });
  const actions: ExecutableActionObject[] = [];
  const scope: AnyActorScope = { ...compiled.scope, actionExecutor: action => void actions.push(action) };
  const snapshot = compiled.machine.transition(at, event, scope);
  return toMoved(compiled, snapshot, actions);
}

/** Whether `step` waits for an answer. */
export function isQuestion(compiled: CompiledFlow, step: string): boolean {
  return compiled.steps.get(step)?.kind.kind === 'ask';
}

type Snapshot = SnapshotFrom<Machine>;

/**
 * What XState's own transition() makes anew for every call, at half of its cost: the surroundings in which nothing
 * runs. The actor is never started; no flow spawns or invokes, so nothing of one move is left in it for the next.
 */
function inertScope(machine: Machine): AnyActorScope {
  const self = createActor(machine);
  const nothing = () => {};
  return {
    self,
    system: self.system,
    id: '',
    sessionId: '',
    logger: nothing,
    defer: nothing,
    emit: nothing,
    stopChild: nothing,
    actionExecutor: nothing,
  };
}

function toMoved(compiled: CompiledFlow, snapshot: Snapshot, actions: ExecutableActionObject[]): Moved {
  const { context } = snapshot;
  const outputs: FlowOutput[] = [];
  for (const action of actions) {
    const output = toOutput(compiled, action.type, action.params, context);
    if (output) outputs.push(output);
  }
  return { step: String(snapshot.value), context, outputs };
}

function toOutput(
  compiled: CompiledFlow,
  type: string,
  params: unknown,
  context: FlowContext,
): FlowOutput | null {
  const given = typeof params === 'object' && params !== null ? params : {};
  const step = 'step' in given && typeof given.step === 'string' ? compiled.steps.get(given.step) : undefined;
  if (type === 'say' || type === 'ask' || type === 'run' || type === 'call')
    return step ? { type, step } : null;
  if (type === 'reask') return { type, times: context.misses };
  if (type === 'nudge') return { type };
  if (type === 'handover' && 'team' in given) return { type, team: String(given.team) };
  if (type === 'end' && 'as' in given) return { type, as: String(given.as) };
  if (type === 'xstate.cancel') return { type: 'noTimer' };
  if (type === 'xstate.raise' && 'event' in given && 'delay' in given) {
    const { event } = given;
    const name = typeof event === 'object' && event !== null && 'type' in event ? String(event.type) : '';
    return { type: 'timer', event: name, delayMs: Number(given.delay) };
  }
  return null;
}
