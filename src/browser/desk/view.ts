import type { DeskConversation, DeskEvent, DeskRow } from '../../channels/protocol.ts';

const UNSETTLED: ReadonlySet<DeskEvent['delivery']> = new Set(['new', 'calling', 'accepted']);

/**
 * From where to read on: the highest seq up to which nothing is missing, or the seq just before the first
 * text message whose delivery is still open, because a receipt changes a line that we already have.
 * `events` are in seq order. Gives 0 when there is nothing yet.
 */
export function readAfter(events: readonly DeskEvent[]): number {
  let after = 0;
  for (const event of events) {
    if (event.seq !== after + 1 || UNSETTLED.has(event.delivery)) break;
    after = event.seq;
  }
  return after;
}

/** The conversation as newly answered, with the lines that we had before and those of the answer, by seq. */
export function withEarlierLines(had: DeskConversation | undefined, got: DeskConversation): DeskConversation {
  const lines = new Map<number, DeskEvent>();
  for (const event of had?.events ?? []) lines.set(event.seq, event);
  for (const event of got.events) lines.set(event.seq, event);
  return { ...got, events: [...lines.values()].sort((a, b) => a.seq - b.seq) };
}

/** Whole minutes from `since` to `now` (both UTC ms), never below 0. */
export function minutesSince(since: number, now: number): number {
  return Math.max(0, Math.floor((now - since) / 60_000));
}

/** The rows for which the alarm must show: severity 3 and still in the queue. */
export function immediate(queue: readonly DeskRow[]): DeskRow[] {
  return queue.filter(row => row.severity === 3);
}

/** Words that come back to the composer go before what has been written since. */
export function wordsBack(returned: readonly string[], draft: string): string {
  return [...returned, draft].filter(text => text.trim() !== '').join('\n\n');
}

/** A secret in groups of four, as people read it aloud: "ABCD EFGH". */
export function inFours(secret: string): string {
  return secret.replace(/(.{4})(?=.)/g, '$1 ');
}
