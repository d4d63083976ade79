import type { ChannelName, ConversationState, Outcome, Severity } from '../channels/protocol.ts';
import type { SafeTime } from '../channels/texting.ts';

/**
 * The rows, as both engines hold them. Times are UTC milliseconds (`…_at`), ids random.
 * What each column may hold (plain, keyed or sealed) is declared in privacy/inventory.ts.
 * A `Uint8Array` here is always an envelope made by privacy/seal.ts, or a key wrapped by one.
 */
export type Tables = {
  conversation: ConversationRow;
  conversation_key: ConversationKeyRow;
  contact_point: ContactPointRow;
  message: MessageRow;
  timer: TimerRow;
  outbox: OutboxRow;
  alert: AlertRow;
  desk_event: DeskEventRow;
  assignment: AssignmentRow;
  staff: StaffRow;
  credential: CredentialRow;
  staff_session: StaffSessionRow;
  invitation: InvitationRow;
  shift: ShiftRow;
  audit: AuditRow;
  bundle: BundleRow;
  approval: ApprovalRow;
};

export type ConversationRow = {
  id: string;
  channel: ChannelName;
  language: string;
  bundle: string;
  flow: string;
  step: string;
  /** How many times in a row the current question was not understood. */
  misses: number;
  state: ConversationState;
  severity: Severity;
  /** The worker who owns it while `withWorker`, else null. */
  owner_id: string | null;
  /** The fencing number: goes up with every change of ownership. */
  epoch: number;
  /** Goes up with every save. */
  rev: number;
  last_seq: number;
  started_at: number;
  last_inbound_at: number;
  last_message_at: number;
  /** When this wait for a person began; a bot's words never reset it. */
  waiting_since: number | null;
  asked_for_person_at: number | null;
  hidden_at: number | null;
  retention_class: 'open' | 'closed' | 'delete';
  delete_after_day: number | null;
  slots: Uint8Array | null;
  return_stack: Uint8Array | null;
  risk_memory: Uint8Array | null;
};

export type ConversationKeyRow = { conversation_id: string; wrap: Uint8Array; wrapped_by: string };

export type Reachability = 'open' | 'stopped' | 'paused' | 'watched' | 'left' | 'failed';
export type SafeToText = 'unknown' | 'safe' | 'notNow' | 'never' | 'onlyBetween';

export type ContactPointRow = {
  id: string;
  conversation_id: string;
  kind: 'web' | 'phone';
  /** Keyed hash of the web token or of the E.164 number. */
  lookup: string;
  value: Uint8Array | null;
  reachability: Reachability;
  safe_to_text: SafeToText;
  /** The time of day, where they said only between. */
  safe_between: SafeTime | null;
  /** Nothing unprompted is texted before this time. */
  quiet_until: number | null;
  made_at: number;
  ended_at: number | null;
};

export type Sender = 'youngPerson' | 'bot' | 'worker' | 'service';

export type MessageRow = {
  conversation_id: string;
  seq: number;
  sender: Sender;
  author_id: string | null;
  /** Made by the sender's browser, once per message; unique in the conversation. */
  client_id: string | null;
  /** Twilio's MessageSid of an incoming text; unique. */
  provider_id: string | null;
  body: Uint8Array;
  written_under_epoch: number;
  at: number;
};

export type TimerRow = {
  conversation_id: string;
  name: string;
  epoch: number;
  due_at: number;
  /** The event to deliver, as JSON; never holds text. */
  event: string;
};

export type OutboxState = 'new' | 'calling' | 'accepted' | 'delivered' | 'failed' | 'unknown';

export type OutboxRow = {
  id: string;
  conversation_id: string;
  seq: number;
  kind: 'sms';
  sender: Sender;
  payload: Uint8Array;
  state: OutboxState;
  attempt: number;
  provider_id: string | null;
  error_code: string | null;
  epoch: number;
  made_at: number;
  changed_at: number;
  not_before_at: number;
};

export type AlertRow = {
  id: string;
  conversation_id: string;
  severity: Severity;
  /** Category codes as a JSON list. */
  categories: string;
  evidence: Uint8Array;
  raised_at: number;
  closed_at: number | null;
  closed_by: string | null;
  /** 0 when it only adds to one of its conversation that is open. */
  rings: 0 | 1;
};

export type DeskEventKind =
  /** Nothing more was heard after a danger at 3. */
  | 'silent'
  | 'arrived'
  | 'waiting'
  | 'claimed'
  | 'handedBack'
  | 'closed'
  | 'message'
  | 'alert'
  | 'left'
  | 'deleted'
  | 'delivery'
  | 'duty'
  | 'discarded';

export type DeskEventRow = { serial: number; kind: DeskEventKind; subject: string; at: number };

export type AssignmentRow = {
  id: string;
  conversation_id: string;
  staff_id: string;
  epoch: number;
  began_at: number;
  ended_at: number | null;
  outcome: Outcome | 'handedBack' | null;
};

export type StaffRow = {
  id: string;
  email: string;
  name: string;
  roles: string;
  made_at: number;
  disabled_at: number | null;
};

export type CredentialRow = {
  id: string;
  staff_id: string;
  kind: 'password' | 'totp';
  secret: Uint8Array;
  /** For `totp`: the newest time step already used, so that a code works once. */
  used_step: number | null;
  made_at: number;
};

export type StaffSessionRow = {
  id: string;
  staff_id: string;
  token_hash: string;
  made_at: number;
  seen_at: number;
  ends_at: number;
  ended_at: number | null;
};

export type InvitationRow = {
  id: string;
  email: string;
  name: string;
  roles: string;
  token_hash: string;
  totp: Uint8Array;
  made_at: number;
  ends_at: number;
  used_at: number | null;
};

export type ShiftRow = { id: string; staff_id: string; began_at: number; ended_at: number | null };

export type AuditRow = {
  serial: number;
  at: number;
  actor: string;
  action: string;
  object: string;
  previous_hash: string;
  hash: string;
};

/** `structure` is the hash of the content without its words: conversations stay on it, words come from its newest. */
export type BundleRow = { hash: string; structure: string; content: string; made_at: number };

/** One of our own texts, read and approved by somebody. `hash` is of where it stands and what it says. */
export type ApprovalRow = { hash: string; language: string; approved_by: string; approved_at: number };
