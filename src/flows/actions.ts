import { SAFE_TIMES, type SafeTime } from '../channels/texting.ts';
import { CONTACT_KINDS, type Contact, NATIONS, type Nation, openContacts } from '../directory/contacts.ts';

/**
 * Everything a flow's `do` may name. An action is decided here from what is already known; what it changes
 * comes out as `changes` and is carried out in the same transaction as the answer. An action whose domain is not
 * built yet answers `failed`, which is a real route with a person or numbers: it never pretends.
 */
export type ActionAnswer = {
  outcome: Outcome;
  /** Which contacts `{{numbers}}` lists from here on in this turn. */
  contacts?: Contact[];
  /** What the action found, under the name that it declares as `results`. */
  found?: Found[];
  changes?: ActionChange[];
};
type Outcome = 'ok' | 'none' | 'unsure' | 'failed';

/** One thing found: its label on a button, and the line that a text lists. */
export type Found = { id: string; label: string; line: string };

export type ActionChange =
  | { type: 'allowTexting'; answer: TextingAnswer; between: SafeTime | null }
  | { type: 'callPerson'; about: PersonAbout }
  /** What turned out not to be what was asked for is not kept. */
  | { type: 'dropSlot'; slot: string }
  | { type: 'deleteChat' };
type TextingAnswer = (typeof TEXTING_ANSWERS)[keyof typeof TEXTING_ANSWERS];

/** What actions may look at. `now` is UTC ms; `age` in years; null where nobody has said. */
export type ActionKnown = {
  now: number;
  contacts: Contact[];
  nation: Nation | null;
  age: number | null;
  /** Whether a message of these words already means something at every step. */
  isTaken(words: string): boolean;
};

export type Action = {
  /** The name of each input, and the words (one or more, with spaces between) that it may hold; null: any. */
  inputs: Record<string, readonly string[] | null>;
  outcomes: Outcome[];
  /** The name under which a text lists what it found, and an `ask` offers it. */
  results?: string;
  /** Something about the young person leaves the service: never before they are safe and have said yes. */
  sends?: true;
  /** A person is fetched. */
  person?: true;
  decide(inputs: Record<string, string>, known: ActionKnown): ActionAnswer;
};

const TEXTING_ANSWERS = {
  yes: 'safe',
  not_now: 'notNow',
  never: 'never',
  only_between: 'onlyBetween',
} as const;

/** Why a flow fetches a person, and the severity at which it puts them in the queue (2 urgent, 0 just asked). */
export const PERSON_ABOUT = {
  not_safe: 2,
  held: 2,
  no_place: 2,
  refuge: 0,
  interview: 0,
  message: 0,
  asked: 0,
} as const;
export type PersonAbout = keyof typeof PERSON_ABOUT;

/** Words that anybody sends without thinking: one of them must not bring help in secret. */
const TOO_USUAL =
  'yes yeah yep yup nope nah okay hello hey bye thanks thank you please sorry maybe fine good sure lol idk'.split(
    ' ',
  );

const notBuilt = (): ActionAnswer => ({ outcome: 'failed' });
const HELP_KINDS = ['food', 'bed', 'money', 'health', 'legal', 'youth', 'counselling'] as const;

export const ACTIONS: Record<string, Action> = {
  /** Which services answer at this minute, of the kinds named (separated by spaces). */
  'contacts.open': {
    inputs: { kinds: CONTACT_KINDS },
    outcomes: ['ok', 'none', 'failed'],
    results: 'numbers',
    decide({ kinds = '' }, { contacts: all, now, nation, age }) {
      const wanted = { ...(nation && { nation }), ...(age !== null && { age }) };
      const contacts = openContacts(all, now, { kinds: kinds.split(' ').filter(Boolean), ...wanted });
      return { outcome: contacts.length > 0 ? 'ok' : 'none', contacts };
    },
  },
  /** Puts the conversation in the queue for a trained person; the flow goes on. It cannot fail by itself. */
  'person.call': {
    inputs: { about: Object.keys(PERSON_ABOUT) },
    outcomes: ['ok'],
    person: true,
    decide: ({ about = '' }) => ({
      outcome: 'ok',
      changes: [{ type: 'callPerson', about: isAbout(about) ? about : 'asked' }],
    }),
  },
  /** What the person said about texting this phone, and, for only_between, the time of day. */
  'texting.allow': {
    inputs: { answer: Object.keys(TEXTING_ANSWERS), between: Object.keys(SAFE_TIMES) },
    outcomes: ['ok', 'failed'],
    decide({ answer = '', between = '' }) {
      const allowed = Object.entries(TEXTING_ANSWERS).find(([given]) => given === answer)?.[1];
      const time = isSafeTime(between) ? between : null;
      if (!allowed || (allowed === 'onlyBetween' && time === null)) return { outcome: 'failed' };
      return { outcome: 'ok', changes: [{ type: 'allowTexting', answer: allowed, between: time }] };
    },
  },
  /** Whether a word will do as the duress word, which the engine knows by the slot of that name. */
  'duress.set': {
    inputs: { word: null },
    outcomes: ['ok', 'unsure', 'failed'],
    decide: ({ word = '' }, { isTaken }) => {
      const plain = plainWord(word);
      const fits = plain.length >= 3 && plain.length <= 40 && /\p{L}/u.test(plain);
      if (fits && !isTaken(word) && !TOO_USUAL.includes(plain)) return { outcome: 'ok' };
      return { outcome: 'unsure', changes: [{ type: 'dropSlot', slot: DURESS_SLOT }] };
    },
  },
  /** Destroys this chat, as the word DELETE does. Nothing can be said after it. */
  'chat.delete': {
    inputs: {},
    outcomes: ['ok'],
    decide: () => ({ outcome: 'ok', changes: [{ type: 'deleteChat' }] }),
  },
  /** Services near a place, of one kind. */
  'services.near': {
    inputs: { kind: HELP_KINDS, place: null },
    outcomes: ['ok', 'none', 'unsure', 'failed'],
    results: 'services',
    decide: notBuilt,
  },
  /** Asks for a bed in a refuge. A person looks; nothing is promised. */
  'refuge.ask': {
    inputs: { age: null, where: null, avoid: null, travel: null },
    outcomes: ['ok', 'none', 'failed'],
    sends: true,
    decide: notBuilt,
  },
  /** Asks the responsible council for the talk after a return. */
  'return_interview.ask': {
    inputs: {
      nation: null,
      back: null,
      lives: null,
      who: null,
      place: null,
      time: null,
      not_in_front_of: null,
      name: null,
      reach: null,
      share_reason: null,
      parent_may_know: null,
    },
    outcomes: ['ok', 'failed'],
    sends: true,
    decide: notBuilt,
  },
  /** Asks a worker to pass words on to somebody at home. */
  'home_message.ask': {
    inputs: { to: null, reach: null, words: null, reply: null },
    outcomes: ['ok', 'failed'],
    sends: true,
    decide: notBuilt,
  },
  /** Plans the one text that asks how they are. */
  'follow_up.plan': {
    inputs: { when: null },
    outcomes: ['ok', 'failed'],
    decide: notBuilt,
  },
};

function isAbout(name: string): name is PersonAbout {
  return Object.hasOwn(PERSON_ABOUT, name);
}

function isSafeTime(name: string): name is SafeTime {
  return Object.hasOwn(SAFE_TIMES, name);
}

/** The slot whose words, sent as a whole message, mean: I cannot speak freely. */
export const DURESS_SLOT = 'duress_word';

/** A word as it is compared: without case, spaces around it and marks at its end. */
export function plainWord(word: string): string {
  return word
    .normalize('NFKC')
    .toLowerCase()
    .trim()
    .replace(/[.!?]+$/, '')
    .trim();
}

/** The facts that an `if` may ask about, besides slots. */
export type Facts = {
  channel: 'web' | 'sms';
  language: string;
  /** What any flow has saved in the slot `nation`. */
  nation: 'unknown' | 'england' | 'wales' | 'scotland' | 'northern_ireland';
  onDuty: 'yes' | 'no';
  safeToText: 'unknown' | 'safe' | 'notNow' | 'never' | 'onlyBetween';
};

/** Every fact with the values that it can have; a language can be any. */
export const FACTS = {
  channel: ['web', 'sms'],
  language: null,
  nation: ['unknown', 'england', 'wales', 'scotland', 'northern_ireland'],
  onDuty: ['yes', 'no'],
  safeToText: ['unknown', 'safe', 'notNow', 'never', 'onlyBetween'],
} as const satisfies { [F in keyof Facts]: readonly Facts[F][] | null };

export function isFact(name: string): name is keyof Facts {
  return Object.hasOwn(FACTS, name);
}

/** The slot `nation` as a fact, and as the contacts name it. */
export function nationOf(slots: Record<string, string>): { fact: Facts['nation']; nation: Nation | null } {
  const fact = FACTS.nation.find(known => known === slots.nation) ?? 'unknown';
  const name = fact === 'northern_ireland' ? 'northernIreland' : fact;
  return { fact, nation: NATIONS.find(nation => nation === name) ?? null };
}

/** The age that the slot `age` tells ("16_17" tells 16), or null. */
export function ageOf(slots: Record<string, string>): number | null {
  const found = /\d{1,2}/.exec(slots.age ?? '');
  return found ? Number(found[0]) : null;
}

/** The teams that a `handover` may name. */
export const TEAMS = ['helpline'] as const;
