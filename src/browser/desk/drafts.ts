import type { DeskRefusal } from '../../channels/protocol.ts';
import { cell } from './cell.ts';
import { wordsBack } from './view.ts';

/** What is being written to one young person: the words so far, and why the last try came back, if it did. */
export type Draft = { text: string; returned: Returned | null };

/** Why words came back: the server's refusal, or the worker's own wish to stop trying. */
export type Returned = { why: DeskRefusal | 'tookBack'; words: string };

const EMPTY: Draft = { text: '', returned: null };

/** Drafts by conversation id, in memory only; a draft never follows to another chat or another worker. */
export const drafts = cell<ReadonlyMap<string, Draft>>(new Map());

/** The draft for this conversation, empty when there is none. */
export function draftIn(all: ReadonlyMap<string, Draft>, id: string): Draft {
  return all.get(id) ?? EMPTY;
}

/** Keeps the draft for this conversation; an empty one is forgotten. */
export function keepDraft(id: string, draft: Draft): void {
  const next = new Map(drafts.get());
  if (draft.text === '' && draft.returned === null) next.delete(id);
  else next.set(id, draft);
  drafts.set(next);
}

/** Keeps what was typed. In an emptied box there are no words that could be said to have come back. */
export function keepTyped(id: string, text: string): void {
  const { returned } = draftIn(drafts.get(), id);
  keepDraft(id, { text, returned: text === '' ? null : returned });
}

/** Puts words that were not sent back before what has been written since, with the reason. */
export function giveBack(id: string, texts: readonly string[], why: Returned['why']): void {
  const text = wordsBack(texts, draftIn(drafts.get(), id).text);
  keepDraft(id, { text, returned: { why, words: texts.join('\n\n') } });
}
