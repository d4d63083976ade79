/**
 * What travels between the server and the two browsers: the young person's page and the desk.
 * Types only, so that both sides are checked against one text. All times are UTC milliseconds.
 */

/** One scale everywhere: 0 none, 1 watch, 2 urgent, 3 immediate. 2 and 3 bring a person. */
export type Severity = 0 | 1 | 2 | 3;

export type ConversationState = 'bot' | 'waiting' | 'withWorker' | 'closed';

export type ChannelName = 'web' | 'sms';

/** A button under a question. `value` names the question too, so that an old button is never misread. */
export type Choice = { value: string; label: string };

/** Who a line is from, as the young person sees it. */
export type From = 'you' | 'bot' | 'worker' | 'service';

/** One committed line of a conversation. `seq` has no gaps and is the only order there is. */
export type ChatEvent = { seq: number; from: From; text: string; at: number; choices?: Choice[] };

/** `GET /events?after=N`. `severity` is there in trial mode only; `language` (BCP 47) is the one it is held in. */
export type EventsAnswer = {
  state: ConversationState;
  severity?: Severity;
  language: string;
  events: ChatEvent[];
};

/** What the young person's page sends, by form, fetch or socket. Exactly one of `text` and `choice`. */
export type Sent = { client_id: string; text?: string; choice?: string };

/** The acknowledgement: given only after the message and all that follows from it are committed. */
export type SentAnswer =
  /** `leave`: they wrote EXIT, so the page goes to the exit. */
  | {
      ok: true;
      client_id: string;
      seq: number;
      state: ConversationState;
      language: string;
      events: ChatEvent[];
      leave?: true;
    }
  | { ok: false; error: SentRefusal; message: string };

export type SentRefusal = 'tooLong' | 'empty' | 'malformed' | 'notSaved' | 'ended' | 'clientIdReused';

/** The longest message in characters (UTF-16 units), the same in the page, the socket and the form. */
export const MAX_TEXT = 4000;

// ---------------------------------------------------------------- the desk (staff listener, all under /api)

export type Role =
  | 'worker'
  | 'supervisor'
  | 'manager'
  | 'safeguarding'
  | 'refuge'
  | 'interviewer'
  | 'editor'
  | 'translator'
  | 'approver'
  | 'auditor'
  | 'admin';

/** `GET /api/me` (401 when nobody is signed in). */
export type Me = { id: string; name: string; roles: Role[]; onDutySince: number | null; trial: boolean };

/** Why a conversation waits: codes for logic, words for people. */
export type QueueReason = { categories: string[]; words: string[]; askedForPerson: boolean };

/** A row of the queue or of "my chats". */
export type DeskRow = {
  id: string;
  /** A short name for people to say aloud, e.g. "Heron 42". Never from what the young person wrote. */
  label: string;
  channel: ChannelName;
  state: ConversationState;
  severity: Severity;
  reason: QueueReason;
  waitingSince: number | null;
  lastInboundAt: number;
  owner: { id: string; name: string } | null;
  epoch: number;
  lastSeq: number;
};

/** `GET /api/desk`. `serial` is the newest desk event this view includes; the queue is in the order to work in. */
export type DeskView = { serial: number; queue: DeskRow[]; mine: DeskRow[]; others: DeskRow[]; now: number };

/** Whether a text may go to this phone now, and if not, why. */
export type Texting =
  | { may: true }
  | { may: false; why: 'stopped' | 'paused' | 'watched' | 'notNow' | 'quiet' | 'failed' };

/** A step the bot can be handed back to. */
export type HandBackPlace = { flow: string; step: string; label: string };

/** `GET /api/conversations/:id?after=N`. Looking is written to the audit log before it is answered. */
export type DeskConversation = DeskRow & {
  language: string;
  flow: string;
  step: string;
  events: DeskEvent[];
  texting: Texting | null;
  /** When the young person pressed exit or left, if they did. */
  leftAt: number | null;
  handBackTo: HandBackPlace[];
};

export type DeskEvent = ChatEvent & {
  /** The worker's name, for lines from a worker. */
  author?: string;
  /** What became of the text message, on SMS. */
  delivery?: 'new' | 'calling' | 'accepted' | 'delivered' | 'failed' | 'unknown';
};

/** Bodies of the desk's writes. `epoch` is the one the worker's screen showed. */
export type ClaimBody = { epoch: number };
export type WorkerMessageBody = { client_id: string; epoch: number; text: string; confirmed?: boolean };
export type NeutralLineBody = { client_id: string; epoch: number };
export type HandBackBody = { epoch: number; flow: string; step: string };
export type CloseBody = { epoch: number; outcome: Outcome };

export const OUTCOMES = ['helped', 'referred', 'declined', 'lostContact', 'test', 'abusive'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Why a write was refused, as a code; `message` is the sentence to show; `owner` is who has the chat now. */
export type DeskRefusal = {
  error:
    | 'takenByOther'
    | 'notYours'
    | 'closed'
    | 'stale'
    | 'notSafeToText'
    | 'malformed'
    | 'notFound'
    | 'notOnDuty'
    | 'notSaved'
    | 'notAllowed'
    | 'wrongSignIn'
    | 'signInFirst'
    | 'unknownStep'
    | 'clientIdReused';
  message: string;
  owner?: { id: string; name: string } | null;
};

export type SignInBody = { email: string; password: string; code: string };

/** `POST /api/invitation` with the token from the link: what the set-up page shows. */
export type InvitationView = {
  email: string;
  name: string;
  trial: boolean;
  totpSecret: string;
  totpUri: string;
};
export type AcceptInvitationBody = { token: string; password?: string; code?: string };

// ---------------------------------------------------------------- socket events (both are doorbells: no text inside)

/** On the public socket: something new is committed; fetch `/events?after=`. */
export type ChatPoke = { seq: number };
/** On the desk socket: desk events up to `serial` are committed; `id` is the conversation it is about. */
export type DeskPoke = { serial: number; id?: string; seq?: number };
