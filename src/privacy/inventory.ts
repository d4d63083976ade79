import type { Tables } from '../database/tables.ts';

/**
 * What every column may hold: `plain` can be read by whoever reads the database; `keyed` is a hash that needs a
 * key to be made again; `sealed` is ciphertext. A column that is not declared here fails the tests, so nothing
 * new is stored unseen. `/privacy.json` is made from this.
 */
type Kind = 'plain' | 'keyed' | 'sealed';
type Declared = readonly [kind: Kind, why: string];

const ID: Declared = ['plain', 'a random id'];
const TIME: Declared = ['plain', 'when it happened'];
const COUNT: Declared = ['plain', 'a counter'];
const WHO: Declared = ['plain', 'the id of a member of staff'];
const CHAT: Declared = ['plain', 'the random id of a conversation'];

export const INVENTORY: { [T in keyof Tables]: { [C in keyof Tables[T]]: Declared } } = {
  conversation: {
    id: ID,
    channel: ['plain', 'web or SMS'],
    language: ['plain', 'the language chosen'],
    bundle: ['plain', 'which version of our words'],
    flow: ['plain', 'which of our conversations it is in'],
    step: ['plain', 'which of our questions is open'],
    misses: COUNT,
    state: ['plain', 'bot, waiting, with a worker or closed'],
    severity: ['plain', 'how urgent, for the order of the queue'],
    owner_id: WHO,
    epoch: COUNT,
    rev: COUNT,
    last_seq: COUNT,
    started_at: TIME,
    last_inbound_at: TIME,
    last_message_at: TIME,
    waiting_since: TIME,
    asked_for_person_at: TIME,
    hidden_at: TIME,
    retention_class: ['plain', 'when it is to be deleted'],
    delete_after_day: ['plain', 'when it is to be deleted'],
    slots: ['sealed', 'what a flow was told to remember'],
    return_stack: ['sealed', 'the questions answered on the way here'],
    risk_memory: ['sealed', 'the last texts, to be read together with the next'],
  },
  conversation_key: {
    conversation_id: CHAT,
    wrap: ['sealed', 'the key of the conversation, under a weekly key outside the database'],
    wrapped_by: ['plain', 'which weekly key'],
  },
  contact_point: {
    id: ID,
    conversation_id: CHAT,
    kind: ['plain', 'a browser or a phone'],
    lookup: ['keyed', 'to find the conversation of a browser or a number again'],
    value: ['sealed', 'the phone number, to text back to'],
    reachability: ['plain', 'whether texts may be sent'],
    safe_to_text: ['plain', 'what they said about texts'],
    safe_between: ['plain', 'the time of day at which they said that texts are safe'],
    quiet_until: TIME,
    made_at: TIME,
    ended_at: TIME,
  },
  message: {
    conversation_id: CHAT,
    seq: COUNT,
    sender: ['plain', 'the young person, the bot, a worker or the service'],
    author_id: WHO,
    client_id: ['plain', 'a random id from the browser, so that nothing is stored twice'],
    provider_id: ['plain', 'the id of a text at the SMS provider, so that nothing is stored twice'],
    body: ['sealed', 'the words'],
    written_under_epoch: COUNT,
    at: TIME,
  },
  timer: {
    conversation_id: CHAT,
    name: ['plain', 'which timer'],
    epoch: COUNT,
    due_at: TIME,
    event: ['plain', 'the name of the event, of our own making'],
  },
  outbox: {
    id: ID,
    conversation_id: CHAT,
    seq: COUNT,
    kind: ['plain', 'a text'],
    sender: ['plain', 'the bot, a worker or the service'],
    payload: ['sealed', 'the words and the number they go to'],
    state: ['plain', 'how far it got'],
    attempt: COUNT,
    provider_id: ['plain', 'the id of the text at the SMS provider'],
    error_code: ['plain', 'why it failed'],
    epoch: COUNT,
    made_at: TIME,
    changed_at: TIME,
    not_before_at: TIME,
  },
  alert: {
    id: ID,
    conversation_id: CHAT,
    severity: ['plain', 'how urgent'],
    categories: ['plain', 'what kind of danger, as codes, for the order and the counts'],
    evidence: ['sealed', 'the words that raised it'],
    raised_at: TIME,
    closed_at: TIME,
    closed_by: WHO,
    rings: ['plain', 'whether it is a new alert or adds to an open one'],
  },
  desk_event: {
    serial: COUNT,
    kind: ['plain', 'what happened, as a code'],
    subject: CHAT,
    at: TIME,
  },
  assignment: {
    id: ID,
    conversation_id: CHAT,
    staff_id: WHO,
    epoch: COUNT,
    began_at: TIME,
    ended_at: TIME,
    outcome: ['plain', 'how it ended, as a code'],
  },
  staff: {
    id: ID,
    email: ['plain', 'the address by which a member of staff signs in'],
    name: ['plain', 'the name that young people see'],
    roles: ['plain', 'what they may do'],
    made_at: TIME,
    disabled_at: TIME,
  },
  credential: {
    id: ID,
    staff_id: WHO,
    kind: ['plain', 'password or code'],
    secret: ['sealed', 'the hashed password, or the secret of the codes'],
    used_step: ['plain', 'the last code used, so that none works twice'],
    made_at: TIME,
  },
  staff_session: {
    id: ID,
    staff_id: WHO,
    token_hash: ['keyed', 'the hash of a random token'],
    made_at: TIME,
    seen_at: TIME,
    ends_at: TIME,
    ended_at: TIME,
  },
  invitation: {
    id: ID,
    email: ['plain', 'who is invited'],
    name: ['plain', 'the name that young people will see'],
    roles: ['plain', 'what they will be allowed'],
    token_hash: ['keyed', 'the hash of a random token'],
    totp: ['sealed', 'the secret of the codes to come'],
    made_at: TIME,
    ends_at: TIME,
    used_at: TIME,
  },
  shift: { id: ID, staff_id: WHO, began_at: TIME, ended_at: TIME },
  audit: {
    serial: COUNT,
    at: TIME,
    actor: WHO,
    action: ['plain', 'what was done, as a code'],
    object: ['keyed', 'what it was done to'],
    previous_hash: ['plain', 'the chain'],
    hash: ['plain', 'the chain'],
  },
  bundle: {
    hash: ['plain', 'of the content'],
    structure: ['plain', 'a hash of the content without its words'],
    content: ['plain', 'our own words'],
    made_at: TIME,
  },
  approval: {
    hash: ['plain', 'of one of our own texts'],
    language: ['plain', 'of that text'],
    approved_by: ['plain', 'who approved it'],
    approved_at: TIME,
  },
};

/** What is held, in a form that machines and people can read: table, column, how, and why. */
export function privacyJson(): { holds: { table: string; column: string; kind: Kind; why: string }[] } {
  return {
    holds: Object.entries(INVENTORY).flatMap(([table, columns]) =>
      Object.entries<Declared>(columns).map(([column, [kind, why]]) => ({ table, column, kind, why })),
    ),
  };
}
