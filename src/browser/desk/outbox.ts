import type { DeskRefusal } from '../../channels/protocol.ts';
import type { Answer } from './api.ts';
import { type Cell, cell } from './cell.ts';

/** A message on its way. `neutral` asks for the one fixed line; its words are the server's. */
export type Outgoing = {
  client_id: string;
  conversation: string;
  epoch: number;
  kind: 'text' | 'neutral';
  text: string;
  confirmed: boolean;
  since: number;
  state: 'sending' | 'retrying' | 'needSignIn' | 'sent';
  attempt: number;
  seq: number | null;
};

/** What the outbox needs from outside; times in ms. */
export type OutboxMeans = {
  post: (message: Outgoing) => Promise<Answer<{ seq: number }>>;
  wait: (ms: number, then: () => void) => () => void;
  now: () => number;
  newId: () => string;
  random: () => number;
  /** The answer "sent" has come: read the chat again. */
  sent: (message: Outgoing) => void;
  /** Refused: these words, in order, belong back in the composer. */
  refused: (conversation: string, texts: string[], why: DeskRefusal) => void;
  /** Nobody is signed in any more. */
  signedOut: () => void;
};

const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 30_000;

/** How long to wait before try number `attempt` + 1: doubling, at most 30 s, spread by `random` in [0, 1). */
export function retryDelay(attempt: number, random: number): number {
  return Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (attempt - 1)) * (0.5 + random / 2);
}

/**
 * Messages that wait for the server's answer. One is in flight per conversation, so that the order is the
 * writer's; every retry carries the same `client_id`; nothing is called sent before the answer says so.
 * A refusal takes out the message and all behind it, because they were written to follow it.
 */
export class Outbox {
  readonly messages: Cell<readonly Outgoing[]> = cell<readonly Outgoing[]>([]);
  readonly #means: OutboxMeans;
  readonly #inFlight = new Set<string>();
  readonly #timers = new Map<string, () => void>();

  constructor(means: OutboxMeans) {
    this.#means = means;
  }

  /** Takes a message and sends it as soon as those before it have been answered. */
  send(message: Pick<Outgoing, 'conversation' | 'epoch' | 'kind' | 'text' | 'confirmed'>): void {
    const { newId, now } = this.#means;
    const fresh = { client_id: newId(), since: now(), state: 'sending', attempt: 0, seq: null } as const;
    this.messages.set([...this.messages.get(), { ...message, ...fresh }]);
    if (!this.#timers.has(message.conversation)) this.#pump(message.conversation);
  }

  /** The way may be open again (online, visible, connected, signed in): tries at once. */
  wake(): void {
    for (const id of new Set(this.messages.get().map(m => m.conversation))) this.#pump(id);
  }

  /** The chat now shows its lines up to this seq; what is among them need not be shown twice. */
  shown(conversation: string, upTo: number): void {
    const all = this.messages.get();
    const keep = all.filter(m => m.conversation !== conversation || m.seq === null || m.seq > upTo);
    if (keep.length !== all.length) this.messages.set(keep);
  }

  /** Stops trying and gives the unsent words back in order. One in flight may still arrive. */
  takeBack(conversation: string): string[] {
    this.#stopTimer(conversation);
    const back = this.#unsent(conversation);
    this.messages.set(this.messages.get().filter(m => !back.includes(m)));
    return back.filter(m => m.kind === 'text').map(m => m.text);
  }

  /** Forgets everything: somebody else is at the desk. */
  clear(): void {
    for (const id of [...this.#timers.keys()]) this.#stopTimer(id);
    this.messages.set([]);
  }

  #pump(conversation: string): void {
    const next = this.#unsent(conversation)[0];
    if (next === undefined || this.#inFlight.has(conversation)) return;
    this.#stopTimer(conversation);
    this.#inFlight.add(conversation);
    if (next.state === 'needSignIn') this.#change(next.client_id, { state: 'retrying' });
    void this.#means.post(next).then(answer => {
      this.#inFlight.delete(conversation);
      this.#settle(next, answer);
    });
  }

  #settle(message: Outgoing, answer: Answer<{ seq: number }>): void {
    const { client_id, conversation } = message;
    const stillHere = this.messages.get().some(m => m.client_id === client_id);
    if (answer.kind === 'ok') {
      this.#change(client_id, { state: 'sent', seq: answer.value.seq });
      this.#means.sent(message);
    } else if (stillHere && answer.kind === 'lost') {
      this.#later(message);
      return;
    } else if (stillHere && answer.kind === 'refused' && answer.status === 401) {
      this.#change(client_id, { state: 'needSignIn' });
      this.#means.signedOut();
      return;
    } else if (stillHere && answer.kind === 'refused') {
      this.#means.refused(conversation, this.takeBack(conversation), answer.refusal);
    }
    this.#pump(conversation);
  }

  #later({ client_id, conversation, attempt }: Outgoing): void {
    const tries = attempt + 1;
    this.#change(client_id, { state: 'retrying', attempt: tries });
    const delay = retryDelay(tries, this.#means.random());
    this.#timers.set(
      conversation,
      this.#means.wait(delay, () => this.#pump(conversation)),
    );
  }

  #unsent(conversation: string): Outgoing[] {
    return this.messages.get().filter(m => m.conversation === conversation && m.state !== 'sent');
  }

  #change(client_id: string, part: Partial<Outgoing>): void {
    this.messages.set(this.messages.get().map(m => (m.client_id === client_id ? { ...m, ...part } : m)));
  }

  #stopTimer(conversation: string): void {
    this.#timers.get(conversation)?.();
    this.#timers.delete(conversation);
  }
}
