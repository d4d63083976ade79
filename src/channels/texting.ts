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

/** The times of day between which somebody may say that texts are safe: from and until, in Europe/London. */
export const SAFE_TIMES = {
  morning: ['06:00', '09:00'],
  school_hours: ['09:00', '15:00'],
  after_school: ['15:00', '18:00'],
  evening: ['18:00', '22:00'],
} as const;
export type SafeTime = keyof typeof SAFE_TIMES;

/** What is known of a phone when a text is about to go to it. Times are UTC ms. */
export type Phone = {
  reachability: Reachability;
  safeToText: SafeToText;
  /** For `onlyBetween`. */
  safeBetween: SafeTime | null;
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
  if (phone.safeToText === 'onlyBetween' && isBetween(phone.safeBetween, now)) return { may: true };
  return { may: false, why: 'notNow' };
}

function isBetween(name: SafeTime | null, now: number): boolean {
  if (name === null) return false;
  const [from, until] = SAFE_TIMES[name];
  const time = Temporal.Instant.fromEpochMilliseconds(now)
    .toZonedDateTimeISO('Europe/London')
    .toPlainTime()
    .toString({ smallestUnit: 'minute' });
  return from <= time && time < until;
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

/** Marks that word processors put in and SMS has only in its costly alphabet, with what stands for them. */
const PLAIN: Record<string, string> = {
  '‘': "'",
  '’': "'",
  '“': '"',
  '”': '"',
  '–': '-',
  '—': '-',
  '…': '...',
  '\u00a0': ' ',
  ł: 'l',
  Ł: 'L',
};

/**
 * A text as it goes to a phone. One letter outside the SMS alphabet (GSM-7) makes a text twice as long, so that long
 * texts cost the reader more and come in pieces: curly marks are made straight, and Welsh and Polish letters lose
 * their accents, as people there write texts themselves, when that makes the whole text fit. Arabic stays as it is.
 */
export function plainForSms(text: string): string {
  if (isPlainSms(text)) return text;
  const plain = [...text]
    .map(letter =>
      isPlainSms(letter) ? letter : (PLAIN[letter] ?? letter.normalize('NFD').replace(/\p{M}/gu, '')),
    )
    .join('');
  return isPlainSms(plain) ? plain : text;
}

/** Whether every letter of a text is in the SMS alphabet (GSM-7). */
export function isPlainSms(text: string): boolean {
  return new SegmentedMessage(text, 'auto', false).encodingName === 'GSM-7';
}

/** How many SMS segments Twilio bills and the network carries for `text` (GSM-7 160/153, UCS-2 70/67). */
export function segmentsOf(text: string): number {
  return new SegmentedMessage(text, 'auto', true).segmentsCount;
}
