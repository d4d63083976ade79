import type { KeyRing } from '../privacy/keys.ts';
import type { Key } from '../privacy/seal.ts';
import type { Conversation } from './conversation.ts';

/** How many conversations' keys stay unwrapped in memory. */
const KEPT_KEYS = 5_000;
/** How many conversations stay opened in memory. The database is the truth: a revision that is not its own is not used. */
const KEPT_CONVERSATIONS = 1_000;

/** The conversations in use, with their keys unwrapped, in memory. */
export class OpenedConversations {
  readonly #ring: KeyRing;
  readonly #kept = new Map<string, Key>();
  readonly #recent = new Map<string, Conversation>();

  constructor(ring: KeyRing) {
    this.#ring = ring;
  }

  /** @throws SealError or KeyMissing when the wrap cannot be opened. */
  open(conversationId: string, wrap: Uint8Array, wrappedBy: string): Key {
    return (
      this.#kept.get(conversationId) ??
      this.keep(conversationId, this.#ring.openConversationKey(conversationId, wrap, wrappedBy))
    );
  }

  keep(conversationId: string, key: Key): Key {
    if (this.#kept.size >= KEPT_KEYS)
      for (const oldest of [...this.#kept.keys()].slice(0, KEPT_KEYS / 10)) this.#kept.delete(oldest);
    this.#kept.set(conversationId, key);
    return key;
  }

  forget(conversationId: string): void {
    this.#kept.delete(conversationId);
    this.#recent.delete(conversationId);
  }

  /** Keeps what a committed conversation holds, so that its next message need not open it again. */
  remember(conversation: Conversation): void {
    this.#recent.delete(conversation.id);
    this.#recent.set(conversation.id, conversation);
    if (this.#recent.size > KEPT_CONVERSATIONS)
      for (const oldest of [...this.#recent.keys()].slice(0, 1)) this.#recent.delete(oldest);
  }

  /** What is remembered of this very revision; another process may have saved a newer one. */
  recall(conversationId: string, rev: number): Conversation | null {
    const recent = this.#recent.get(conversationId);
    return recent?.rev === rev ? recent : null;
  }
}
