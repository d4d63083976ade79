import { isPlainSms, plainForSms, segmentsOf } from '../channels/texting.ts';
import type { Said } from './said.ts';

/** The most parts that a text may take (DESIGN section 5). */
const MAX_SEGMENTS = 2;

/** Longer texts are not read to the end, on the web either. In characters. */
export const MAX_TEXT = 300;

/** What two parts hold, of the SMS alphabet (GSM-7) and of any other. */
const TWO_PARTS = { plain: 306, other: 134 } as const;

/** These take two places each, although they are in the SMS alphabet (3GPP TS 23.038, extension table). */
const TWO_PLACES = /[\^{}\\[\]~|€\f]/;

/** A letter of several places is not cut in two where the first part ends, which costs fewer places than these. */
const NEAR_THE_EDGE = 10;

const OTHER_SCRIPT = /^[\p{L}\p{M}\p{Nd}،؟؛]$/u;

/** What a young person may put into a text that names it: a name, a place, in characters. */
const SLOT_LENGTH = 20;

/** 999 has three digits, and so has every number that calls the emergency services here. */
const EMERGENCY_NUMBER = 'n'.repeat(3);

/** Lists that are made when they are said, and are measured where they are made. */
const LISTS = ['numbers', 'services'];

/** The fixed lines in the language of the text: the words under a key of `service`. */
export type ServiceLine = (key: string) => string;

/**
 * What one letter becomes on its way to a phone, whether it is then in the SMS alphabet, and its places there.
 * `other`: of a script that no network ever changes, so that its length is known. `whole`: it has several places, or
 * belongs to the letter before it.
 */
type Letter = { sent: string; plain: boolean; other: boolean; whole: boolean; places: number };
export type Letters = (letter: string) => Letter;

/** Looks each letter up once: to ask for whole texts costs about two thousandths of a second for each. */
export function makeLetters(): Letters {
  const known = new Map<string, Letter>();
  return letter => {
    const found = known.get(letter);
    if (found) return found;
    const sent = plainForSms(letter);
    const places = [...sent].reduce((sum, part) => sum + (TWO_PLACES.test(part) ? 2 : 1), 0);
    const other = OTHER_SCRIPT.test(letter) && !/\p{Script=Latin}/u.test(letter);
    const whole = TWO_PLACES.test(sent) || letter.length > 1 || /\p{M}/u.test(letter);
    const made = { sent, plain: isPlainSms(sent), other, whole, places };
    known.set(letter, made);
    return made;
  };
}

/** Whether a text goes to a phone in two parts; the places that it takes there, and those that two parts have. */
export type Sms = { fits: boolean; places: number; room: number };

/** Measures a text as `plainForSms` sends it. */
export function measureSms(text: string, letters: Letters): Sms {
  const found = [...text].map(letters);
  const plain = found.every(letter => letter.plain);
  const places = plain ? found.reduce((sum, letter) => sum + letter.places, 0) : text.length;
  const room = plain ? TWO_PARTS.plain : TWO_PARTS.other;
  const counted = plain || found.every(letter => letter.plain || letter.other);
  const sure = !found.some(letter => letter.whole) || places <= room - NEAR_THE_EDGE || places > room;
  if (counted && sure) return { fits: places <= room, places, room };
  // As plainForSms does: all letters are made plain, or none.
  const sent = plain ? found.map(letter => letter.sent).join('') : text;
  return { fits: segmentsOf(sent) <= MAX_SEGMENTS, places, room };
}

/** The letters of a text that are not in the SMS alphabet even after `plainForSms`, each once. */
export function strangeLetters(text: string, letters: Letters): string[] {
  return lettersIn(text, letter => !letters(letter).plain);
}

/** The letters of a text that are not in the SMS alphabet as they stand, each once. */
export function dearLetters(text: string, letters: Letters): string[] {
  return lettersIn(text, letter => !letters(letter).plain || letters(letter).sent !== letter);
}

/** Letters as they are seen: an emoji of several signs is one. */
function lettersIn(text: string, is: (letter: string) => boolean): string[] {
  if (![...text].some(is)) return [];
  const found = [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)];
  return [...new Set(found.map(({ segment }) => segment).filter(seen => [...seen].some(is)))];
}

/** Letters, each with what it is called, so that it can be found among look-alikes. */
export function named(letters: string[]): string {
  return letters.map(letter => `${letter} (${nameOf(letter)})`).join(', ');
}

function nameOf(letter: string): string {
  if (/^[‘’‚‛“”„‟«»]$/.test(letter)) return 'a curly quote';
  if (/^[‐-―−]$/.test(letter)) return 'a long dash';
  if (letter === '…') return 'three dots in one';
  if (/^\p{Zs}$/u.test(letter)) return 'a space of another width';
  if (/\p{Extended_Pictographic}|\p{RI}/u.test(letter)) return 'an emoji';
  return 'a letter';
}

/**
 * A text as it goes by SMS: a question with its numbered options and "Talk to a person" last (turn.ts), and with
 * the longest words for whatever it names. {{numbers}} and {{services}} are left out.
 * @param own the words of this flow under a key, in the language that is measured
 */
export function smsBody(said: Said, all: Said[], own: (said: Said) => string, service: ServiceLine): string {
  const { kind } = said.step;
  const text = filled(own(said), service);
  if (said.what !== 'ask' || kind.kind !== 'ask') return text;
  const labels = all
    .filter(other => other.step === said.step && other.what === 'label' && other.goesTo !== 'web')
    .map(label => filled(own(label), service));
  const skip = kind.text?.canSkip ? [service('choice.skip')] : [];
  const options = [...labels, ...skip, service('choice.person')].map((label, i) =>
    fill(service('sms.option'), { n: String(i + 1), label }),
  );
  return [text, ...options].join('\n');
}

/** A text with the longest words for each thing that it names; what a young person said has {@link SLOT_LENGTH}. */
export function filled(text: string, service: ServiceLine): string {
  if (!text.includes('{{')) return text;
  const [on, off] = [service('person.onDuty'), service('person.offDuty')];
  return fill(text, {
    person: on.length > off.length ? on : off,
    emergency: fill(service('emergency.call'), { number: EMERGENCY_NUMBER }),
    ...Object.fromEntries(LISTS.map(list => [list, ''])),
  });
}

function fill(text: string, values: Record<string, string>): string {
  return text.replace(/\{\{(\w+)\}\}/g, (_, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? '') : 'x'.repeat(SLOT_LENGTH),
  );
}
