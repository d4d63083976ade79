import { type Contact, closesAt, openContacts } from '../directory/contacts.ts';
import type { Bundle } from '../flows/bundle.ts';
import type { Value, Vars } from '../words.ts';

/** The kinds of contact that {{numbers}} lists when nothing narrower was asked for. */
const USUAL_KINDS = ['talk', 'runaway'];

/** Few enough numbers to take in, and to fit a text. */
const MOST_NUMBERS = 4;

type LinesKnown = { now: number; bundle: Bundle; contacts: Contact[]; onDuty: boolean };

/**
 * What the fixed lines and the flows may name: {{numbers}} (who answers at this minute), {{emergency}} (999) and
 * {{person}} (whether somebody is on duty), besides `more`. Made only for a line that names it: opening hours
 * cost work. Only numbers that are open at `now` are ever listed.
 */
export function lineVars(
  known: LinesKnown,
  language: string,
  more: Vars = {},
): (name: string) => Value | undefined {
  const { bundle, contacts, now } = known;
  return name => {
    if (Object.hasOwn(more, name)) return more[name];
    if (name === 'numbers')
      return numberLines(known, language, openContacts(contacts, now, { kinds: USUAL_KINDS }));
    if (name === 'emergency') return emergencyLine(known, language);
    if (name === 'person')
      return bundle.words.text('service', known.onDuty ? 'person.onDuty' : 'person.offDuty', language);
    return undefined;
  };
}

/** The one line that is never left out: 999. */
function emergencyLine({ now, bundle, contacts }: Omit<LinesKnown, 'onDuty'>, language: string): string {
  const emergency = openContacts(contacts, now, { kinds: ['emergency'] })[0];
  return bundle.words.text('service', 'emergency.call', language, { number: emergency?.call ?? '' });
}

/** One line for each contact, at most {@link MOST_NUMBERS}; the honest sentence when there is none. */
export function numberLines(known: Omit<LinesKnown, 'onDuty'>, language: string, open: Contact[]): string {
  const { words } = known.bundle;
  if (open.length === 0)
    return words.text('service', 'contact.none', language, { emergency: emergencyLine(known, language) });
  return open
    .slice(0, MOST_NUMBERS)
    .map(contact => {
      const cost = { yes: 'contact.free', no: 'contact.notFree', unknown: null }[contact.free];
      const details = [...(cost ? [words.text('service', cost, language)] : []), openUntil(contact)].join(
        ', ',
      );
      return words.text('service', 'contact.details', language, { line: howToReach(contact), details });
    })
    .join('\n');

  function howToReach({ name, call, text }: Contact): string {
    if (call && text && text.to === call && !text.say)
      return words.text('service', 'contact.callOrText', language, { name, number: call });
    if (call) return words.text('service', 'contact.call', language, { name, number: call });
    const key = text?.say ? 'contact.textSay' : 'contact.text';
    return words.text('service', key, language, { name, number: text?.to ?? '', say: text?.say ?? '' });
  }

  function openUntil(contact: Contact): string {
    const closes = closesAt(contact, known.now);
    if (closes === null) return words.text('service', 'contact.allHours', language);
    const time = Temporal.Instant.fromEpochMilliseconds(closes)
      .toZonedDateTimeISO('Europe/London')
      .toPlainTime();
    const midnight = time.hour === 0 && time.minute === 0;
    return words.text('service', 'contact.until', language, {
      time: midnight
        ? words.text('service', 'contact.midnight', language)
        : time.toString({ smallestUnit: 'minute' }),
    });
  }
}
