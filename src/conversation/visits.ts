import type { ChatEvent, ConversationState, Severity } from '../channels/protocol.ts';
import type { Run, RunParts } from './run.ts';
import { messagesAfter, toChatEvent } from './store.ts';

/** What a visit shows. `severity` is for the trial only: it is never shown to whoever holds a real phone. */
export type VisitedLines = {
  state: ConversationState;
  severity: Severity;
  language: string;
  events: ChatEvent[];
};

/** The id of the conversation of a visit; null when the visit has none or has ended. */
export async function visitedConversation(run: RunParts, token: string): Promise<string | null> {
  const point = await run.database.db
    .selectFrom('contact_point')
    .select('conversation_id')
    .where('lookup', '=', run.keys.lookup('web', token))
    .where('ended_at', 'is', null)
    .executeTakeFirst();
  return point?.conversation_id ?? null;
}

/** The lines of a visit after `after`, as the young person may see them; null when there is nothing to see. */
export async function visitedLines(run: Run, token: string, after: number): Promise<VisitedLines | null> {
  const { db } = run.database;
  const id = await visitedConversation(run, token);
  if (id === null) return null;
  const row = await db
    .selectFrom('conversation')
    .innerJoin('conversation_key', 'conversation_key.conversation_id', 'conversation.id')
    .select([
      'conversation.state',
      'conversation.severity',
      'conversation.language',
      'conversation.hidden_at',
    ])
    .select(['conversation_key.wrap', 'conversation_key.wrapped_by'])
    .where('conversation.id', '=', id)
    .executeTakeFirst();
  if (!row) return null;
  const key = run.opened.open(id, row.wrap, row.wrapped_by);
  const messages = await messagesAfter(db, id, after, row.hidden_at);
  return {
    state: row.state,
    severity: row.severity,
    language: row.language,
    events: messages.map(message => toChatEvent(key, message)),
  };
}
