import { SegmentedMessage } from 'sms-segments-calculator';
import type { Reachability, SafeToText } from '../database/tables.ts';
import type { Texting } from './protocol.ts';

/**
 * Whether a text may go to somebody's phone. A text lands on a screen that somebody else may be holding, so
 * nothing is sent unless they wrote just now or said that this is a safe time.
 */

/** After they wrote, for so long a text back is an answer (DESIGN section 4). */
export const ANSWER_WINDOW_MS = 10 * 60_000;

/** The most a text may hold before it is sent as two: two GSM-7 segments. */
const MAX_SEGMENTS = 2;

/** What is known of a phone when a text is about to go to it. Times are UTC ms. */
export type Phone = {
  reachability: Reachability;
  safeToText: SafeToText;
  quietUntil: number | null;
  lastInboundAt: number;
};

/**
 * @param by who the text is from. A worker may decide what the bot may not: to answer within the window after
 * STOP, and, having confirmed it (`confirmed`), to text a phone that is watched or outside a safe time.
 */
export function mayText(phone: Phone, by: 'service' | 'worker', now: number, confirmed = false): Texting {
  const justWrote = now - phone.lastInboundAt <= ANSWER_WINDOW_MS;
  if (phone.reachability === 'failed') return { may: false, why: 'failed' };
  if (phone.reachability === 'stopped' && !(by === 'worker' && justWrote))
    return { may: false, why: 'stopped' };
  if (phone.reachability === 'paused') return { may: false, why: 'paused' };
  if (by === 'worker' && confirmed) return { may: true };
  if (phone.reachability === 'watched' || phone.safeToText === 'never') return { may: false, why: 'watched' };
  if (phone.quietUntil !== null && phone.quietUntil > now && !justWrote) return { may: false, why: 'quiet' };
  if (justWrote || phone.safeToText === 'safe') return { may: true };
  return { may: false, why: 'notNow' };
}

/** A line on its way to a phone. */
export type Line = { seq: number; from: 'bot' | 'worker' | 'service'; body: string };

/**
 * The lines of one turn as few texts as they fit in, in order, each at most two segments where no single line is
 * longer. A text that holds a line of the service is the service's; each carries its last line's `seq`.
 */
export function packTexts(lines: Line[]): Line[] {
  const packed: Line[] = [];
  for (const line of lines) {
    const last = packed.at(-1);
    const body = last ? `${last.body}\n\n${line.body}` : line.body;
    const together =
      last && (last.from === 'worker') === (line.from === 'worker') && segmentsOf(body) <= MAX_SEGMENTS;
    if (last && together)
      packed[packed.length - 1] = {
        seq: line.seq,
        body,
        from: last.from === line.from ? line.from : 'service',
      };
    else packed.push(line);
  }
  return packed;
}

/** How many SMS segments Twilio bills and the network carries for `text` (GSM-7 160/153, UCS-2 70/67). */
export function segmentsOf(text: string): number {
  return new SegmentedMessage(text, 'auto', true).segmentsCount;
}
