import { z } from 'zod';
import type { SendResult, SmsGateway } from '../channels/sms-gateway.ts';
import { mayText } from '../channels/texting.ts';
import type { OutboxRow } from '../database/tables.ts';
import { SERVICE_KEY } from '../privacy/keys.ts';
import { keyIdOf, unseal } from '../privacy/seal.ts';
import * as store from './outbox-store.ts';
import type { TextPayload } from './perform.ts';
import type { Run } from './run.ts';

/** Tries of a text that the network refused for now; the wait doubles from the first. */
const MAX_TRIES = 5;
const FIRST_WAIT_MS = 2_000;
/** A second text waits for the first to arrive, but no longer than this. */
const IN_ORDER_MS = 20_000;
/** A call that nobody answered: looked up after this, and sent again only when it is surely not there. */
const LOOK_UP_AFTER_MS = 2_000;
const SURELY_LOST_AFTER_MS = 20_000;
/** Twilio's code for a person who opted out at the network. */
const OPTED_OUT = '21610';

const payloadSchema = z.strictObject({ to: z.string(), body: z.string() });

/** Told of what could not be done; the next look tries again. */
type Trouble = (error: unknown) => void;

/**
 * Sends the texts that were committed. A row says where each stands: new → calling → accepted → delivered or
 * failed; `unknown` when the call was not answered. There is no idempotency key at Twilio, so an unanswered call
 * is looked up and never blindly repeated.
 */
export class Outbox {
  readonly #run: Run;
  readonly #gateway: SmsGateway;
  readonly #onTrouble: Trouble;
  readonly #clock: NodeJS.Timeout;
  readonly #begun: Promise<void>;
  #sending: Promise<void> | null = null;
  #again = false;

  /** @param everyMs how often to look; a commit with texts is looked at at once. */
  constructor(run: Run, gateway: SmsGateway, everyMs: number, onTrouble: Trouble) {
    this.#run = run;
    this.#gateway = gateway;
    this.#onTrouble = onTrouble;
    this.#clock = setInterval(() => this.#kick(), everyMs);
    run.onCommitted(committed => committed.texts && this.#kick());
    const { db, engine } = run.database;
    // With one process, a call that was under way when it stopped can only be one that nobody heard the answer to.
    this.#begun = engine === 'sqlite' ? store.markUnanswered(db, run.now(), run.now()) : Promise.resolve();
  }

  /** Sends whatever may be sent now; resolves when those calls are answered. */
  send(): Promise<void> {
    this.#again = this.#sending !== null;
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = null;
      if (this.#again) this.#kick();
      this.#again = false;
    });
    return this.#sending;
  }

  /** Takes in what the provider says became of a text. An older or repeated word changes nothing. */
  async heard(
    id: string,
    news: { sid: string; status: 'accepted' | 'delivered' | 'failed'; errorCode: string | null },
  ): Promise<void> {
    const changed = await store.merge(this.#db, id, news, this.#run.now());
    if (changed) await this.#tell(id, news.status === 'failed' ? (news.errorCode ?? 'failed') : null);
    this.#kick();
  }

  async stop(): Promise<void> {
    clearInterval(this.#clock);
    await this.#sending;
  }

  get #db() {
    return this.#run.database.db;
  }

  #kick(): void {
    this.send().catch(this.#onTrouble);
  }

  async #sendAll(): Promise<void> {
    await this.#begun;
    const now = this.#run.now();
    await store.markUnanswered(this.#db, now - SURELY_LOST_AFTER_MS, now);
    const open = await store.findOpen(this.#db, now - IN_ORDER_MS);
    const firsts = [...Map.groupBy(open, row => row.conversation_id).values()].flatMap(rows =>
      rows.slice(0, 1),
    );
    const due = firsts.filter(
      row => row.not_before_at <= now && (row.state === 'new' || row.state === 'unknown'),
    );
    await Promise.all(due.map(row => this.#workOn(row)));
    // The next one of a conversation may have been waiting for this one.
    if (due.some(row => row.state === 'new') && open.length > firsts.length) this.#again = true;
  }

  async #workOn(row: OutboxRow): Promise<void> {
    const about = await store.findAbout(this.#db, row.conversation_id);
    if (row.state === 'new') await this.#sendOne(row, about);
    else await this.#lookUp(row, about);
    // The last text of a conversation that was destroyed: once it is done, nothing of it may stay.
    if (!about?.wrap) await store.removeDone(this.#db, row.id);
  }

  async #sendOne(row: OutboxRow, about: store.About | undefined): Promise<void> {
    const now = this.#run.now();
    const why = reasonNotToSend(row, about, now);
    if (why) {
      await store.fail(this.#db, row.id, why, now);
      if (why === 'overtaken') await this.#tell(row.id, null);
      return;
    }
    if (!(await store.take(this.#db, row, now))) return;
    const payload = this.#open(row, about);
    if (payload) await this.#settle(row, await this.#gateway.send({ ...payload, outboxId: row.id }));
    else await store.fail(this.#db, row.id, 'destroyed', now);
  }

  async #settle(row: OutboxRow, result: SendResult): Promise<void> {
    const now = this.#run.now();
    const tries = row.attempt + 1;
    if (result.kind === 'accepted') {
      await store.merge(this.#db, row.id, { sid: result.sid, status: 'accepted', errorCode: null }, now);
    } else if (result.kind === 'unknown') {
      await store.setState(this.#db, row.id, 'unknown', now, now + LOOK_UP_AFTER_MS);
    } else if (result.retry && tries < MAX_TRIES) {
      await store.setState(this.#db, row.id, 'new', now, now + FIRST_WAIT_MS * 2 ** row.attempt);
    } else {
      await store.fail(this.#db, row.id, result.code, now);
      await this.#tell(row.id, result.code);
    }
  }

  /** Asks the provider whether a text whose call was not answered is there. */
  async #lookUp(row: OutboxRow, about: store.About | undefined): Promise<void> {
    const payload = this.#open(row, about);
    if (!payload) return store.fail(this.#db, row.id, 'destroyed', this.#run.now());
    const known = await store.knownSids(this.#db, row.conversation_id);
    const sid = await this.#gateway.find({ ...payload, since: row.made_at, known });
    const now = this.#run.now();
    if (sid) await store.merge(this.#db, row.id, { sid, status: 'accepted', errorCode: null }, now);
    else if (now - row.changed_at >= SURELY_LOST_AFTER_MS)
      await store.setState(this.#db, row.id, 'new', now, now);
    else await store.wait(this.#db, row.id, now + LOOK_UP_AFTER_MS);
  }

  /** @returns null when the conversation was destroyed since. */
  #open(row: OutboxRow, about: store.About | undefined): TextPayload | null {
    const { keys, opened } = this.#run;
    const ours = keyIdOf(row.payload) === SERVICE_KEY;
    if (!ours && !(about?.wrap && about.wrapped_by)) return null;
    const key =
      ours || !about?.wrap || !about.wrapped_by
        ? keys.service
        : opened.open(row.conversation_id, about.wrap, about.wrapped_by);
    const place = { table: 'outbox', column: 'payload', id: row.id };
    return payloadSchema.parse(JSON.parse(unseal(key, place, row.payload).toString('utf8')));
  }

  /** Tells the conversation, and so the desk, what became of a text; `code` says why it failed. */
  async #tell(id: string, code: string | null): Promise<void> {
    const row = await store.find(this.#db, id);
    if (!row) return;
    const to = { kind: 'conversation', id: row.conversation_id } as const;
    await this.#run.submit({
      to,
      event: code === null ? { type: 'textMoved' } : { type: 'textFailed', stopped: code === OPTED_OUT },
    });
  }
}

/**
 * The second look, just before a text leaves: it may have waited. A bot's line that a worker has since taken over
 * from is dropped, and so is any line of ours that would now arrive out of the blue. A worker's own words are not:
 * what the web shows at once, a text must not lose.
 */
function reasonNotToSend(row: OutboxRow, about: store.About | undefined, now: number): string | null {
  if (!about || row.sender === 'worker') return null;
  const overtaken = row.sender === 'bot' && row.epoch !== about.epoch && about.state === 'withWorker';
  if (overtaken) return 'overtaken';
  // What stops or pauses texts is said in one last line, which is already on its way.
  if (about.reachability === 'stopped' || about.reachability === 'paused')
    return now - row.made_at <= IN_ORDER_MS ? null : 'stopped';
  // The last line before the silence that they asked for, or that was agreed on: no text follows it.
  const silent = about.reachability === 'watched' || about.safe_to_text === 'never';
  if (silent && row.made_at >= about.last_inbound_at && now - row.made_at <= IN_ORDER_MS) return null;
  const phone = {
    reachability: about.reachability ?? 'open',
    safeToText: about.safe_to_text ?? 'unknown',
    safeBetween: about.safe_between,
    quietUntil: about.quiet_until,
    lastInboundAt: about.last_inbound_at,
  };
  return mayText(phone, 'service', now).may ? null : 'tooLate';
}
