import { parsePhoneNumberFromString } from 'libphonenumber-js';
import { SegmentedMessage } from 'sms-segments-calculator';
import type { Twilio } from 'twilio';
import type RequestClient from 'twilio/lib/base/RequestClient.js';
import { getExpectedTwilioSignature, validateRequest } from 'twilio/lib/webhooks/webhooks.js';
import { z } from 'zod';
import { MAX_TEXT } from './protocol.ts';

/** Twilio keeps a text for ten hours by default: it could light up a phone at 3 a.m. in somebody else's hand. */
const KEEP_TRYING_S = 600;
const TIMEOUT_MS = 10_000;
/** Twilio's times are whole seconds and its clock is not ours. */
const SLACK_MS = 60_000;
/** How many of the newest texts to one phone are compared when an answer was lost. */
const LOOK_BACK = 100;

/** Twilio ended it, but the same text may get through later. 30003 and 30008 deserve one more try, not more. */
const RETRY_CODES = new Set(['20429', '21611', '30001', '30003', '30008']);

/** The connection was never made, so Twilio cannot have the text. */
const NEVER_REACHED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);

export type SmsSettings = {
  accountSid: string;
  authToken: string;
  /** The number the texts come from, E.164. */
  from: string;
  /** What Twilio calls us by. Signatures are checked against this, never against a request's own headers. */
  publicUrl: string;
  /** Where the pretend Twilio listens; absent means the real one. */
  apiUrl?: string;
  timeoutMs?: number;
};

/** `unknown`: the text may or may not be on its way. Look it up with `find`; never send it again blindly. */
export type SendResult =
  | { kind: 'accepted'; sid: string }
  | { kind: 'refused'; code: string; retry: boolean }
  | { kind: 'unknown' };

export type SmsGateway = {
  /** Never throws. `outboxId` travels in the callback's address, so it must not be a secret. */
  send(text: { to: string; body: string; outboxId: string }): Promise<SendResult>;
  /**
   * The sid under which Twilio has this text, made at `since` (UTC ms) or later; null when Twilio has none.
   * `known` are sids that already belong to other texts, so that an equal text is not mistaken for this one.
   * Rejects when Twilio could not be asked: that is not the same as "not there".
   */
  find(text: { to: string; body: string; since: number; known?: readonly string[] }): Promise<string | null>;
  /** Whether Twilio signed this webhook. `path` is as received, with its query; `params` the whole form, untrimmed. */
  genuine(signature: string | undefined, path: string, params: Record<string, string>): boolean;
};

/**
 * Opens the way to Twilio; nothing is sent and the SDK is not loaded (150 ms) until the first text.
 * Throws when a setting is missing: with an empty token anybody could sign for Twilio.
 */
export function openGateway(settings: SmsSettings): SmsGateway {
  requireSettings(settings);
  const publicUrl = settings.publicUrl.replace(/\/+$/, '');
  let connection: Promise<Twilio> | undefined;
  const connected = () => {
    connection ??= connect(settings);
    return connection;
  };
  return {
    async send({ to, body, outboxId }) {
      try {
        const twilio = await connected();
        const { sid, status, errorCode } = await twilio.messages.create({
          to,
          from: settings.from,
          body,
          validityPeriod: KEEP_TRYING_S,
          smartEncoded: true,
          statusCallback: `${publicUrl}/sms/status?outbox=${encodeURIComponent(outboxId)}`,
        });
        // A text that is dead on arrival gets no callback.
        if (status === 'failed' || status === 'undelivered') return refused(String(errorCode));
        return sid ? { kind: 'accepted', sid } : { kind: 'unknown' };
      } catch (error) {
        return whatWentWrong(error);
      }
    },
    async find({ to, body, since, known = [] }) {
      const texts = await newestTexts(connected, to, settings.from);
      const plain = smartEncoded(body);
      const found = texts.find(
        text =>
          Number(text.dateCreated) >= since - SLACK_MS &&
          !known.includes(text.sid) &&
          smartEncoded(text.body ?? '') === plain,
      );
      return found?.sid ?? null;
    },
    genuine(signature, path, params) {
      if (!signature || !path.startsWith('/')) return false;
      return validateRequest(settings.authToken, signature, publicUrl + path, params);
    },
  };
}

function requireSettings(settings: SmsSettings): void {
  const wrong = [
    settings.accountSid.startsWith('AC') ? null : 'the account SID (it begins with AC)',
    settings.authToken === '' ? 'the auth token' : null,
    settings.from === '' ? 'the number to text from' : null,
    URL.canParse(settings.publicUrl) ? null : 'the public URL',
  ].filter(problem => problem !== null);
  if (wrong.length > 0) throw new Error(`Twilio cannot be used without ${wrong.join(', ')}`);
}

async function connect(settings: SmsSettings): Promise<Twilio> {
  const { default: twilio } = await import('twilio');
  class Wire extends twilio.RequestClient {
    override request<T>(wanted: RequestClient.RequestOptions<T>) {
      const { pathname, search } = new URL(wanted.uri);
      const uri = settings.apiUrl ? new URL(pathname + search, settings.apiUrl).href : wanted.uri;
      // At "debug" the SDK prints numbers and texts.
      return super.request<T>({ ...wanted, uri, logLevel: 'none' });
    }
  }
  const httpClient = new Wire({ timeout: settings.timeoutMs ?? TIMEOUT_MS, autoRetry: false });
  return new twilio.Twilio(settings.accountSid, settings.authToken, { httpClient });
}

/** By creation and not by `DateSent`: a text still in Twilio's queue has no sending date to be found by. */
async function newestTexts(connected: () => Promise<Twilio>, to: string, from: string) {
  try {
    const twilio = await connected();
    return await twilio.messages.list({ to, from, limit: LOOK_BACK, pageSize: LOOK_BACK });
  } catch {
    // The SDK's own error holds the number that was asked for.
    throw new Error('Twilio could not be asked about a text');
  }
}

/** What Twilio makes of a text when asked to encode it smartly: curly quotes and the like become plain ones. */
export function smartEncoded(body: string): string {
  return new SegmentedMessage(body, 'auto', true).graphemes.join('');
}

/** Twilio's refusals carry a `status` and mostly a `code` (a number); a broken connection carries a `code` (a word). */
const Refusal = z.object({ status: z.number(), code: z.number().nullish() });
const Broken = z.object({ code: z.string() });

function whatWentWrong(error: unknown): SendResult {
  const refusal = Refusal.safeParse(error);
  if (refusal.success) {
    const { status, code } = refusal.data;
    // 408 and every 5xx leave open whether Twilio kept the text.
    const isFinal = status >= 400 && status < 500 && status !== 408;
    return isFinal ? refused(String(code ?? status), status === 429) : { kind: 'unknown' };
  }
  const broken = Broken.safeParse(error);
  if (broken.success && NEVER_REACHED.has(broken.data.code)) return refused('unreachable', true);
  return { kind: 'unknown' };
}

function refused(code: string, retry = false): SendResult {
  return { kind: 'refused', code, retry: retry || mayRetry(code) };
}

/**
 * Whether a text that Twilio refused or failed with this code may get through later.
 * At most once for 30003 and 30008; every other code needs a person or another number.
 */
export function mayRetry(code: string | null): boolean {
  return code !== null && RETRY_CODES.has(code);
}

/** The signature Twilio puts on a webhook: for the pretend Twilio and for tests of ours. */
export function sign(authToken: string, url: string, params: Record<string, string>): string {
  return getExpectedTwilioSignature(authToken, url, params);
}

/** "We have it, say nothing": the answer to every incoming text. Our own words go out through the outbox. */
export const EMPTY_TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>';

/** An incoming text. `from` is E.164; `body` is exactly what they wrote, and may be empty (a picture). */
export type Inbound = { messageSid: string; from: string; to: string; body: string };

const MessageSid = z.string().regex(/^(SM|MM)[0-9a-f]{32}$/i);
const InboundForm = z.object({
  MessageSid,
  From: z.string().regex(/^\+[1-9]\d{6,14}$/),
  To: z.string().regex(/^\+?\d{3,15}$/),
  Body: z.string().max(MAX_TEXT),
});

/**
 * Reads Twilio's webhook form for an incoming text; null when it is not one that can be answered.
 * The number must have a possible length for its country. It need not be in a range that the library knows:
 * its lists are older than the newest ranges, and a child must not be turned away for that.
 */
export function parseInbound(params: Record<string, unknown>): Inbound | null {
  const form = InboundForm.safeParse(params);
  if (!form.success) return null;
  const { MessageSid: messageSid, From, To: to, Body: body } = form.data;
  const phone = parsePhoneNumberFromString(From);
  return phone?.isPossible() ? { messageSid, from: phone.number, to, body } : null;
}

/** What became of a text we sent. `errorCode` is Twilio's number as a string. */
export type SmsStatus = {
  sid: string;
  status: 'accepted' | 'delivered' | 'failed';
  errorCode: string | null;
};

const STATUSES = new Map<string, SmsStatus['status']>([
  ['accepted', 'accepted'],
  ['scheduled', 'accepted'],
  ['queued', 'accepted'],
  ['sending', 'accepted'],
  ['sent', 'accepted'],
  ['delivered', 'delivered'],
  ['read', 'delivered'],
  ['undelivered', 'failed'],
  ['failed', 'failed'],
  ['canceled', 'failed'],
]);

const StatusForm = z.object({
  MessageSid,
  MessageStatus: z.string(),
  ErrorCode: z
    .string()
    .regex(/^\d{1,6}$/)
    .nullable()
    .catch(null),
});

/** Reads Twilio's status callback; null when it is not one. Callbacks come in any order and more than once. */
export function parseStatus(params: Record<string, unknown>): SmsStatus | null {
  const form = StatusForm.safeParse(params);
  const status = form.success ? STATUSES.get(form.data.MessageStatus) : undefined;
  if (!form.success || !status) return null;
  return { sid: form.data.MessageSid, status, errorCode: form.data.ErrorCode };
}
