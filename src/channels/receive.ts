import { lineVars } from '../conversation/lines.ts';
import type { Outcome, Run } from '../conversation/run.ts';
import { errorFields, type Log } from '../log.ts';
import { SOURCE_LANGUAGE, type Vars } from '../words.ts';
import type { Sent, SentAnswer } from './protocol.ts';

/**
 * A message from a web page, by form, fetch or socket. The acknowledgement is given only after commit; when
 * nothing could be saved it says so, with the numbers that answer now.
 * @param language of the browser, for a conversation that begins with this message
 * @returns `ended` when this visit is over and a new one has to begin.
 */
export async function receive(
  run: Run,
  token: string,
  sent: Sent,
  log: Log,
  language = SOURCE_LANGUAGE,
): Promise<SentAnswer> {
  let outcome: Outcome;
  const line = (key: string) => serviceLine(run, key, {}, language);
  try {
    outcome = await run.submit({
      to: { kind: 'web', value: token },
      language,
      event: {
        type: 'replied',
        text: sent.text ?? null,
        choice: sent.choice ?? null,
        clientId: sent.client_id,
        providerId: null,
      },
    });
  } catch (error) {
    log('notSaved', errorFields(error));
    return { ok: false, error: 'notSaved', message: line('page.notSent') };
  }
  if (outcome.kind === 'reused')
    return { ok: false, error: 'clientIdReused', message: line('clientIdReused') };
  if (outcome.kind === 'duplicate')
    return {
      ok: true,
      client_id: sent.client_id,
      seq: outcome.seq,
      state: outcome.conversation.state,
      language: outcome.conversation.language,
      events: [],
    };
  if (outcome.kind !== 'done' || !outcome.answer.ok)
    return { ok: false, error: 'ended', message: line('page.ended') };
  const { conversation, answer } = outcome;
  const events =
    answer.unsaved === undefined
      ? outcome.events
      : [
          ...outcome.events,
          { seq: conversation.lastSeq + 1, from: 'service' as const, text: answer.unsaved, at: run.now() },
        ];
  return {
    ok: true,
    client_id: sent.client_id,
    seq: answer.seq,
    state: conversation.state,
    language: conversation.language,
    events,
    ...(answer.leave && { leave: true }),
  };
}

/** One of the fixed lines, for a page that has no conversation to say it in. */
export function serviceLine(
  { bundles, contacts, now }: Run,
  key: string,
  vars: Vars = {},
  language = SOURCE_LANGUAGE,
): string {
  // Whether somebody is on duty is not asked here: no such line says so.
  const known = { now: now(), bundle: bundles.live, contacts, onDuty: false };
  return bundles.live.words.text('service', key, language, lineVars(known, language, vars));
}
