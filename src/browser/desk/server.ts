import { QueryCache, QueryClient, queryOptions } from '@tanstack/react-query';
import type { DeskConversation, DeskRefusal, DeskView, Me } from '../../channels/protocol.ts';
import { type Answer, api } from './api.ts';
import { giveBack } from './drafts.ts';
import { Outbox } from './outbox.ts';
import { readAfter, withEarlierLines } from './view.ts';

/** Thrown inside queries only: the server said no (`refusal`), or did not answer (null). */
export class NoAnswer extends Error {
  readonly status: number | null;
  readonly refusal: DeskRefusal | null;
  constructor(status: number | null, refusal: DeskRefusal | null) {
    super('no answer');
    this.status = status;
    this.refusal = refusal;
  }
}

function answered<T>(answer: Answer<T>): T {
  if (answer.kind === 'ok') return answer.value;
  if (answer.kind === 'refused') throw new NoAnswer(answer.status, answer.refusal);
  throw new NoAnswer(null, null);
}

/** Everything read from the server; reading again is rung for in live.ts, so queries never retry themselves. */
export const client = new QueryClient({
  queryCache: new QueryCache({
    onError: error => {
      if (error instanceof NoAnswer && error.status === 401) client.setQueryData(whoIsHere.queryKey, null);
    },
  }),
  defaultOptions: {
    queries: { retry: false, refetchOnWindowFocus: false, refetchOnReconnect: false, gcTime: 60_000 },
  },
});

async function readMe(): Promise<Me | null> {
  const answer = await api.me();
  return answer.kind === 'refused' && answer.status === 401 ? null : answered(answer);
}

/** Who is signed in; null when nobody is. */
export const whoIsHere = queryOptions({
  queryKey: ['me'],
  queryFn: readMe,
  staleTime: Number.POSITIVE_INFINITY,
});

/** The lists, and by how many ms the server's clock is ahead of this computer's. */
export type DeskNow = DeskView & { ahead: number };

async function readDesk(): Promise<DeskNow> {
  const view = answered(await api.desk());
  return { ...view, ahead: view.now - Date.now() };
}

/** The queue, my chats and those of others. */
export const theDesk = queryOptions({ queryKey: ['desk'], queryFn: readDesk });

async function readConversation(id: string): Promise<DeskConversation> {
  const had = client.getQueryData(theConversation(id).queryKey);
  const got = answered(await api.conversation(id, readAfter(had?.events ?? [])));
  // Read again after the wait: another answer may have come in between.
  const whole = withEarlierLines(client.getQueryData(theConversation(id).queryKey) ?? had, got);
  outbox.shown(id, whole.lastSeq);
  return whole;
}

/** One conversation with all its lines; each reading asks only for what is missing. */
export function theConversation(id: string) {
  return queryOptions<DeskConversation, Error, DeskConversation, readonly ['conversation', string]>({
    queryKey: ['conversation', id],
    queryFn: () => readConversation(id),
  });
}

/** Reads the lists and one conversation again; used after every write. */
export async function readAgain(id: string): Promise<void> {
  const chat = client.refetchQueries({ queryKey: theConversation(id).queryKey });
  await Promise.all([client.refetchQueries({ queryKey: theDesk.queryKey }), chat]);
}

/** The messages on their way from this page. */
export const outbox = new Outbox({
  post: ({ client_id, conversation, epoch, kind, text, confirmed }) =>
    kind === 'neutral'
      ? api.neutralLine(conversation, { client_id, epoch })
      : api.say(conversation, { client_id, epoch, text, ...(confirmed ? { confirmed } : {}) }),
  wait: (ms, then) => {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  },
  now: () => Date.now(),
  newId: () => crypto.randomUUID(),
  random: () => Math.random(),
  sent: message => void readAgain(message.conversation),
  refused: (conversation, texts, why) => {
    giveBack(conversation, texts, why);
    void readAgain(conversation);
  },
  signedOut: () => client.setQueryData(whoIsHere.queryKey, null),
});
