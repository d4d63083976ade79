import { expect, test } from 'vitest';
import { transition } from 'xstate';
import { projectContent } from '../src/content.ts';
import { compileFlow, type FlowContext, type FlowEvent, move } from '../src/flows/compile.ts';

const CONTEXT: FlowContext = {
  misses: 1,
  nudged: false,
  slots: {},
  facts: { channel: 'web', language: 'en', nation: 'unknown', onDuty: 'yes', safeToText: 'unknown' },
};

test('[FLOW-16] every move of every shipped flow is the one that XState itself makes', () => {
  let moves = 0;
  for (const flow of projectContent().flows) {
    const compiled = compileFlow(flow);
    for (const { id, kind } of flow.steps) {
      const choices = kind.kind === 'ask' ? kind.choices.map(choice => `chose.${choice.id}` as const) : [];
      const events: FlowEvent[] = [
        ...[...choices, `to.${id}` as const, `xstate.after.silence.${flow.flow}.${id}` as const].map(
          type => ({ type }),
        ),
        ...(['missed', 'skipped', 'returned', 'ok', 'none', 'failed'] as const).map(type => ({ type })),
        { type: 'wrote', text: 'words' },
      ];
      for (const event of events) {
        const at = compiled.machine.resolveState({ value: id, context: CONTEXT });
        const [snapshot, actions] = transition(compiled.machine, at, event);
        const moved = move(compiled, id, CONTEXT, event);
        expect(moved.step).toBe(snapshot.value);
        expect(moved.context).toEqual(snapshot.context);
        const kinds = actions
          .map(({ type }) => type)
          .filter(type => !/^xstate\.(raise|cancel)|^(keep|count|answered)/.test(type));
        expect(moved.outputs.map(({ type }) => type).filter(type => !/imer$/.test(type))).toEqual(kinds);
        moves++;
      }
    }
  }
  expect(moves).toBeGreaterThan(400);
});
