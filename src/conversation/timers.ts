import { z } from 'zod';
import type { TimerEvent } from './conversation.ts';
import type { Run } from './run.ts';

/** Due timers taken at once. */
const BATCH = 200;

const timerEvent = z.strictObject({
  for: z.enum(['flow', 'lifecycle', 'forget', 'silence']),
  event: z.string(),
  nudged: z.boolean().optional(),
});

export type Timers = {
  /** Fires every timer that is due now; resolves with how many there were. */
  fireDue(): Promise<number>;
  stop(): void;
};

/**
 * Watches the timer rows. The rows are the record: whatever fell due while nothing ran is fired at the start,
 * and a row that two processes see is acted on once, because the transaction asks for it again.
 */
export function startTimers(run: Run, everyMs: number, onTrouble: (error: unknown) => void): Timers {
  const clock = setInterval(() => void fireDue().catch(onTrouble), everyMs);
  return { fireDue, stop: () => clearInterval(clock) };

  async function fireDue(): Promise<number> {
    const due = await run.database.db
      .selectFrom('timer')
      .selectAll()
      .where('due_at', '<=', run.now())
      .orderBy('due_at')
      .limit(BATCH)
      .execute();
    const outcomes = await Promise.allSettled(
      due.map(row =>
        run.submit({
          to: { kind: 'conversation', id: row.conversation_id },
          event: { type: 'timerFired', name: row.name, event: readEvent(row.event) },
        }),
      ),
    );
    const failed = outcomes.filter(outcome => outcome.status === 'rejected');
    for (const { reason } of failed) onTrouble(reason);
    // A full batch of which something was done: there may be more.
    return due.length === BATCH && failed.length < BATCH ? due.length + (await fireDue()) : due.length;
  }
}

function readEvent(json: string): TimerEvent {
  const { nudged, ...event } = timerEvent.parse(JSON.parse(json));
  return nudged === undefined ? event : { ...event, nudged };
}
