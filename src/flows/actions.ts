import { CONTACT_KINDS, type Contact, openContacts } from '../directory/contacts.ts';

/**
 * Everything a flow's `do` may name. An action is decided here from what is already known; what it changes
 * comes out as `changes` and is carried out in the same transaction as the answer.
 */
export type ActionAnswer = {
  outcome: 'ok' | 'none' | 'unsure' | 'failed';
  /** Which contacts `{{numbers}}` lists from here on in this flow. */
  contacts?: Contact[];
  changes?: ActionChange[];
};

export type ActionChange = { type: 'allowTexting'; answer: 'safe' | 'notNow' | 'never' };

/** What actions may look at. `now` is UTC milliseconds. */
export type ActionKnown = { now: number; contacts: Contact[] };

type Action = {
  /** The name of each input, and the words (one or more, with spaces between) that it may hold. */
  inputs: Record<string, readonly string[]>;
  outcomes: ActionAnswer['outcome'][];
  decide(inputs: Record<string, string>, known: ActionKnown): ActionAnswer;
};

const TEXTING_ANSWERS = { yes: 'safe', not_now: 'notNow', never: 'never' } as const;

export const ACTIONS: Record<string, Action> = {
  /** Which services answer at this minute, of the kinds named (separated by spaces). */
  'contacts.open': {
    inputs: { kinds: CONTACT_KINDS },
    outcomes: ['ok', 'none', 'failed'],
    decide({ kinds = '' }, known) {
      const contacts = openContacts(known.contacts, known.now, { kinds: kinds.split(' ').filter(Boolean) });
      return { outcome: contacts.length > 0 ? 'ok' : 'none', contacts };
    },
  },
  /** What the person said about texting this phone: yes, not_now or never. */
  'texting.allow': {
    inputs: { answer: Object.keys(TEXTING_ANSWERS) },
    outcomes: ['ok', 'failed'],
    decide({ answer = '' }) {
      const allowed = Object.entries(TEXTING_ANSWERS).find(([given]) => given === answer);
      return allowed
        ? { outcome: 'ok', changes: [{ type: 'allowTexting', answer: allowed[1] }] }
        : { outcome: 'failed' };
    },
  },
};

/** The facts that an `if` may ask about, besides slots. */
export type Facts = {
  channel: 'web' | 'sms';
  language: string;
  onDuty: 'yes' | 'no';
  safeToText: 'unknown' | 'safe' | 'notNow' | 'never';
};
export const FACTS = ['channel', 'language', 'onDuty', 'safeToText'] as const satisfies (keyof Facts)[];

/** The teams that a `handover` may name. */
export const TEAMS = ['helpline'] as const;
