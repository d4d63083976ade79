import type {
  ChannelName,
  Choice,
  ConversationState,
  From,
  Outcome,
  Severity,
} from '../channels/protocol.ts';
import type { SafeTime } from '../channels/texting.ts';
import type { DeskEventKind, Reachability, SafeToText } from '../database/tables.ts';
import type { Contact } from '../directory/contacts.ts';
import type { Found } from '../flows/actions.ts';
import type { Bundle } from '../flows/bundle.ts';
import type { RiskMemory } from '../risk/accumulate.ts';
import type { Evidence } from '../risk/detect.ts';
import type { Lexicon } from '../risk/lexicon.ts';
import { claimed, closed, handedBack, neutralLineSent, workerWrote } from './desk-work.ts';
import { left, textFailed, textMoved, timerFired } from './happenings.ts';
import { replied } from './reply.ts';
import { beginTurn, endTurn } from './turn.ts';

/** A step of a flow, where a conversation stands. */
export type Place = { flow: string; step: string };

/**
 * What is left to come back to. `returned` goes on after a called flow; `again` asks the same question again,
 * after something that broke in.
 */
export type Return = Place & { then: 'returned' | 'again' };

/** How to reach the person. Times are UTC ms. */
export type Contactable = {
  reachability: Reachability;
  safeToText: SafeToText;
  safeBetween: SafeTime | null;
  quietUntil: number | null;
};

/** One young person talking with the service, opened: what is sealed in the database is readable here. */
export type Conversation = {
  id: string;
  channel: ChannelName;
  language: string;
  /** The hash of the flows it began with. */
  bundle: string;
  /** Null when no flow is running: the next message begins at the menu. */
  place: Place | null;
  misses: number;
  state: ConversationState;
  severity: Severity;
  ownerId: string | null;
  epoch: number;
  rev: number;
  lastSeq: number;
  startedAt: number;
  lastInboundAt: number;
  lastMessageAt: number;
  waitingSince: number | null;
  askedForPersonAt: number | null;
  hiddenAt: number | null;
  slots: Record<string, string>;
  returns: Return[];
  /** Questions answered, newest last, for BACK. */
  trail: Place[];
  /** What the actions of the running flows found, by name: an `ask` may offer it as choices. */
  results: Record<string, Found[]>;
  riskMemory: RiskMemory;
  contact: Contactable;
};

export type WorkerRef = { id: string; name: string };

/** What happened. `epoch` is the one that the worker's screen showed. */
export type Event =
  | {
      type: 'replied';
      text: string | null;
      choice: string | null;
      clientId: string | null;
      providerId: string | null;
    }
  | { type: 'timerFired'; name: string; event: TimerEvent }
  | { type: 'left' }
  | { type: 'textFailed'; stopped: boolean }
  | { type: 'textMoved' }
  | { type: 'workerClaimed'; worker: WorkerRef; epoch: number }
  | {
      type: 'workerWrote';
      worker: WorkerRef;
      epoch: number;
      text: string;
      clientId: string;
      confirmed: boolean;
    }
  | { type: 'workerSentNeutralLine'; worker: WorkerRef; epoch: number; clientId: string }
  | { type: 'workerHandedBack'; worker: WorkerRef; epoch: number; flow: string; step: string }
  | { type: 'workerClosed'; worker: WorkerRef; epoch: number; outcome: Outcome };

/** What a timer row carries. */
export type TimerEvent = {
  for: 'flow' | 'lifecycle' | 'forget' | 'silence';
  event: string;
  nudged?: boolean;
};

/** What must now be done; perform.ts has one line for each. */
export type Effect =
  | { type: 'hear'; seq: number; text: string; clientId: string | null; providerId: string | null }
  | {
      type: 'say';
      seq: number;
      from: Exclude<From, 'you'>;
      text: string;
      choices: Choice[];
      authorId: string | null;
      clientId: string | null;
    }
  | { type: 'text'; seq: number; from: Exclude<From, 'you'>; body: string }
  | { type: 'setTimer'; name: string; dueAt: number; event: TimerEvent }
  | { type: 'cancelTimer'; name: string }
  | { type: 'raiseAlert'; severity: Severity; categories: string[]; evidence: Evidence[] }
  /** More of what an open alert tells of: kept with it, and nobody is rung again. */
  | { type: 'addToAlert'; severity: Severity; categories: string[]; evidence: Evidence[] }
  | { type: 'closeAlerts'; by: string | null }
  | { type: 'setContact'; contact: Contactable }
  | { type: 'endSession' }
  | { type: 'beginAssignment'; workerId: string }
  | { type: 'endAssignment'; outcome: Outcome | 'handedBack' }
  | { type: 'tellDesk'; kind: DeskEventKind }
  | { type: 'audit'; actor: string; action: string }
  | { type: 'destroy' };

/** Everything else that a decision rests on, as data. `now` is UTC ms. */
export type Known = {
  now: number;
  bundle: Bundle;
  lexicon: Lexicon;
  contacts: Contact[];
  /** Whether a worker is on shift. */
  onDuty: boolean;
  /** The alerts of this conversation that no worker has closed. */
  openAlerts: { severity: Severity; categories: string[] }[];
};

export type Refusal = 'takenByOther' | 'notYours' | 'closed' | 'notSafeToText' | 'unknownStep' | 'stale';

/**
 * The answer to whoever caused the event. `unsaved` is a line to show that is stored nowhere, because all else
 * was just destroyed; `leave` asks the page to go to the exit.
 */
export type Answer =
  | { ok: true; seq: number; unsaved?: string; leave?: boolean }
  | { ok: false; refused: Refusal };

export type Advanced = { conversation: Conversation; effects: Effect[]; answer: Answer };

/**
 * Decides what an event does to a conversation. Pure: the same conversation, event and knowledge give the same
 * result. Risk and the words that always work are read before any flow sees a message.
 */
export function advance(conversation: Conversation, event: Event, known: Known): Advanced {
  const turn = beginTurn(conversation, known);
  const answer = decide();
  return endTurn(turn, answer);

  function decide(): Answer {
    switch (event.type) {
      case 'replied':
        return replied(turn, event);
      case 'timerFired':
        return timerFired(turn, event);
      case 'left':
        return left(turn);
      case 'textFailed':
        return textFailed(turn, event);
      case 'textMoved':
        return textMoved(turn);
      case 'workerClaimed':
        return claimed(turn, event);
      case 'workerWrote':
        return workerWrote(turn, event);
      case 'workerSentNeutralLine':
        return neutralLineSent(turn, event);
      case 'workerHandedBack':
        return handedBack(turn, event);
      case 'workerClosed':
        return closed(turn, event);
    }
  }
}
