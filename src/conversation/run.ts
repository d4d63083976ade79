import type { ChatEvent } from '../channels/protocol.ts';
import type { Database } from '../database/database.ts';
import type { Contact } from '../directory/contacts.ts';
import type { Bundles } from '../flows/store.ts';
import type { KeyRing } from '../privacy/keys.ts';
import type { Lexicon } from '../risk/lexicon.ts';
import type { Answer, Conversation, Event } from './conversation.ts';
import { OpenedConversations } from './opened.ts';
import { runTick } from './tick.ts';
import { type VisitedLines, visitedConversation, visitedLines } from './visits.ts';

/** To whom an event belongs: a web visit by its token, a phone by its E.164 number, or a conversation by its id. */
export type Address = { kind: 'web' | 'phone'; value: string } | { kind: 'conversation'; id: string };

export type Arrival = { to: Address; event: Event; language?: string };

/** What became of an arrival, once all of it is committed. */
export type Outcome =
  | { kind: 'done'; conversation: Conversation; answer: Answer; events: ChatEvent[] }
  /** The same message was taken in before: the row of then. */
  | { kind: 'duplicate'; conversation: Conversation; seq: number }
  /** A client id that stands for another text already; nothing was stored. */
  | { kind: 'reused' }
  /** The web visit has ended, or the conversation it belonged to: begin another. */
  | { kind: 'ended' }
  | { kind: 'missing' };

/** What committed: which conversations have new lines, and how far the desk has to look. */
export type Committed = {
  /** `events`: how many things happened to it at once. */
  conversations: { id: string; seq: number; events: number }[];
  deskSerial: number | null;
  texts: boolean;
  /** Whether something was destroyed for good. */
  destroyed: boolean;
};

export type RunParts = {
  database: Database;
  keys: KeyRing;
  bundles: Bundles;
  lexicon: Lexicon;
  contacts: Contact[];
  now: () => number;
};

export type Run = RunParts & {
  opened: OpenedConversations;
  /**
   * Takes an event in. Resolves once everything that follows from it is committed with fsync.
   * @throws Error when it could not be saved; then nothing of it is.
   */
  submit(arrival: Arrival): Promise<Outcome>;
  /** The conversation of a web visit, by its token; null when it has none or has ended. */
  visitedConversation(token: string): Promise<string | null>;
  /** Its lines after `after`, as the young person may see them. */
  visitedLines(token: string, after: number): Promise<VisitedLines | null>;
  /** Calls `told` after each commit. */
  onCommitted(told: (committed: Committed) => void): void;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
};

/** Arrivals in one transaction at the most; the rest wait for the next. */
const MAX_TICK = 500;

type Waiting = { arrival: Arrival; resolve: (outcome: Outcome) => void; reject: (error: unknown) => void };

/**
 * The loop through which everything passes. All that arrived while the last transaction was being written
 * shares the next one, so that one fsync serves many. If that transaction fails, each arrival is tried alone:
 * one that cannot be saved harms nobody else.
 */
export function startRun(parts: RunParts): Run {
  const opened = new OpenedConversations(parts.keys);
  const listeners: ((committed: Committed) => void)[] = [];
  let waiting: Waiting[] = [];
  let working: Promise<void> | null = null;

  const run: Run = {
    ...parts,
    opened,
    submit(arrival) {
      return new Promise((resolve, reject) => {
        waiting.push({ arrival, resolve, reject });
        working ??= new Promise<void>(next => setImmediate(next)).then(work);
      });
    },
    visitedConversation: token => visitedConversation(parts, token),
    visitedLines: (token, after) => visitedLines(run, token, after),
    onCommitted: told => void listeners.push(told),
    idle: async () => {
      while (working) await working;
    },
  };
  return run;

  async function work(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MAX_TICK);
      waiting = waiting.slice(MAX_TICK);
      await together(batch);
    }
    working = null;
  }

  async function together(batch: Waiting[]): Promise<void> {
    try {
      await commit(batch);
    } catch (error) {
      const [only] = batch;
      if (batch.length === 1 && only) only.reject(error);
      else for (const one of batch) await together([one]);
    }
  }

  async function commit(batch: Waiting[]): Promise<void> {
    const { outcomes, saved, committed } = await parts.database.db.transaction().execute(tx =>
      runTick(
        run,
        tx,
        batch.map(one => one.arrival),
      ),
    );
    for (const conversation of saved) opened.remember(conversation);
    if (committed.destroyed) await parts.database.scrub();
    batch.forEach((one, i) => {
      const outcome = outcomes[i];
      if (outcome) one.resolve(outcome);
      else one.reject(new Error('An event was not answered.'));
    });
    for (const told of listeners) told(committed);
  }
}
