import { describe, expect, test } from 'vitest';
import type { ConversationState } from '../src/channels/protocol.ts';
import { type LifecycleEvent, moveLifecycle } from '../src/conversation/lifecycle.ts';

const MINUTE_MS = 60_000;
const STATES = ['bot', 'waiting', 'withWorker', 'closed'] as const;

/** A row for each event and a column for each state: where it leads. */
const LEADS_TO: Record<string, Record<ConversationState, ConversationState>> = {
  personNeeded: { bot: 'waiting', waiting: 'waiting', withWorker: 'withWorker', closed: 'closed' },
  claimed: { bot: 'withWorker', waiting: 'withWorker', withWorker: 'withWorker', closed: 'closed' },
  handedBack: { bot: 'bot', waiting: 'waiting', withWorker: 'bot', closed: 'closed' },
  closed: { bot: 'closed', waiting: 'closed', withWorker: 'closed', closed: 'closed' },
};
const EVENTS = ['personNeeded', 'claimed', 'handedBack', 'closed'] as const;
const MOVES = EVENTS.flatMap(event =>
  STATES.map(from => ({ event, from, to: LEADS_TO[event]?.[from] ?? 'nowhere' })),
);

/** The timers that beginning to wait sets, in the order in which they fall due. */
function timersOfWaiting() {
  const { outputs } = moveLifecycle('bot', { type: 'personNeeded' });
  return outputs.flatMap(output => (output.type === 'timer' ? [output] : []));
}

const fired = (name: string): LifecycleEvent => ({
  type: `xstate.after.${name.replace(/^xstate\.after\./, '')}`,
});

describe('who is talking', () => {
  test.each(MOVES)('[LIFE-1] $from, when $event, is then $to', ({ event, from, to }) => {
    expect(moveLifecycle(from, { type: event }).state).toBe(to);
  });

  test.each(
    MOVES.filter(({ from, to }) => from === to),
  )('[LIFE-1] $event changes nothing while $from, not even a timer', ({ event, from }) => {
    expect(moveLifecycle(from, { type: event })).toEqual({ state: from, outputs: [] });
  });

  test('[LIFE-2] waiting begins three timers, at 2, 10 and 30 minutes, each with a name of its own', () => {
    const { outputs } = moveLifecycle('bot', { type: 'personNeeded' });
    const timers = timersOfWaiting();
    expect(outputs).toEqual(timers);
    expect(timers.map(timer => timer.delayMs / MINUTE_MS).sort((a, b) => a - b)).toEqual([2, 10, 30]);
    expect(new Set(timers.map(timer => timer.name)).size).toBe(3);
  });

  test.each(['claimed', 'closed'] as const)('[LIFE-3] %s ends every timer of the wait, by name', type => {
    const { outputs } = moveLifecycle('waiting', { type });
    const ended = outputs.flatMap(output => (output.type === 'cancelTimer' ? [output.name] : []));
    expect(ended.sort()).toEqual(
      timersOfWaiting()
        .map(timer => timer.name)
        .sort(),
    );
    expect(outputs).toHaveLength(3);
  });

  test('[LIFE-4] each timer of the wait tells its minutes, and whoever waits goes on waiting', () => {
    for (const { name, delayMs } of timersOfWaiting()) {
      expect(moveLifecycle('waiting', fired(name))).toEqual({
        state: 'waiting',
        outputs: [{ type: 'tellAgain', minutes: delayMs / MINUTE_MS }],
      });
    }
  });

  test.each(
    STATES.filter(state => state !== 'waiting'),
  )('[LIFE-5] a timer of a wait that is over does nothing while %s', state => {
    for (const { name } of timersOfWaiting())
      expect(moveLifecycle(state, fired(name))).toEqual({ state, outputs: [] });
  });

  test('[LIFE-5] a timer of a name that there is not does nothing', () => {
    expect(moveLifecycle('waiting', fired('xstate.after.1.lifecycle.waiting'))).toEqual({
      state: 'waiting',
      outputs: [],
    });
  });
});
