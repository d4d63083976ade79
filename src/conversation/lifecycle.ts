import { setup, transition } from 'xstate';
import type { ConversationState } from '../channels/protocol.ts';

/**
 * Who is talking with the young person: the bot, the bot while a person is fetched, a worker, or nobody any more.
 * `waiting` does not mute the bot; only `withWorker` does. Whoever waits hears the truth again after 2, 10 and
 * 30 minutes.
 */
export type LifecycleEvent = {
  type: 'personNeeded' | 'claimed' | 'handedBack' | 'closed' | `xstate.after.${string}`;
};

export type LifecycleOutput =
  | { type: 'timer'; name: string; delayMs: number }
  | { type: 'cancelTimer'; name: string }
  | { type: 'tellAgain'; minutes: number };

const TELL_AGAIN_MINUTES = [2, 10, 30] as const;
const MINUTE_MS = 60_000;

const machine = setup({
  types: { events: {} as LifecycleEvent },
  actions: { tellAgain: (_, _params: { minutes: number }) => {} },
}).createMachine({
  id: 'lifecycle',
  initial: 'bot',
  states: {
    bot: { on: { personNeeded: 'waiting', claimed: 'withWorker', closed: 'closed' } },
    waiting: {
      on: { claimed: 'withWorker', closed: 'closed' },
      after: Object.fromEntries(
        TELL_AGAIN_MINUTES.map(minutes => [
          minutes * MINUTE_MS,
          { actions: { type: 'tellAgain' as const, params: { minutes } } },
        ]),
      ),
    },
    withWorker: { on: { handedBack: 'bot', closed: 'closed' } },
    closed: {},
  },
});

/** The state after `event`, and the timers that it starts and ends. An event that a state does not know changes nothing. */
export function moveLifecycle(
  state: ConversationState,
  event: LifecycleEvent,
): { state: ConversationState; outputs: LifecycleOutput[] } {
  const [snapshot, actions] = transition(machine, machine.resolveState({ value: state }), event);
  const outputs = actions.flatMap(action => toOutput(action.type, action.params));
  return { state: snapshot.value, outputs };
}

function toOutput(type: string, params: unknown): LifecycleOutput[] {
  const given = typeof params === 'object' && params !== null ? params : {};
  if (type === 'tellAgain' && 'minutes' in given) return [{ type, minutes: Number(given.minutes) }];
  if (type === 'xstate.cancel' && 'sendId' in given)
    return [{ type: 'cancelTimer', name: String(given.sendId) }];
  if (type === 'xstate.raise' && 'id' in given && 'delay' in given) {
    return [{ type: 'timer', name: String(given.id), delayMs: Number(given.delay) }];
  }
  return [];
}
