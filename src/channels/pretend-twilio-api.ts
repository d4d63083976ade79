import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { SegmentedMessage } from 'sms-segments-calculator';
import { smartEncoded } from './sms-gateway.ts';

const LONGEST_FORM_BYTES = 64 * 1024;
/** Twilio refuses longer texts with 21617. */
const LONGEST_TEXT = 1600;

/** What can go wrong between us and Twilio. Set and unset at any time; each is read when its moment comes. */
export type Faults = {
  /** How many more times each incoming text and each status is posted, all at once. */
  duplicateWebhooks?: number | undefined;
  /** "delivered" is posted before "sent". */
  reorderStatus?: boolean | undefined;
  /** Statuses are posted without waiting for the answer to the API call. */
  earlyStatus?: boolean | undefined;
  dropStatus?: boolean | undefined;
  /** A text is accepted, but the API call is never answered. */
  answerThenHang?: boolean | undefined;
  /** The API refuses to take texts, with this Twilio error code. */
  refuseWith?: number | undefined;
  /** Texts are taken and then end as "undelivered", with this Twilio error code. */
  failWith?: number | undefined;
  /** Waited for after a text is accepted and before the API call is answered. */
  beforeAnswer?: (() => Promise<void>) | undefined;
};

/** A text as Twilio keeps it. Times are UTC ms. */
export type Text = {
  sid: string;
  from: string;
  to: string;
  /** Twilio's copy: empty once blanked. */
  body: string;
  /** The phone keeps what it got, whatever becomes of Twilio's copy. */
  phoneBody: string;
  isDeleted: boolean;
  direction: 'inbound' | 'outbound-api';
  status: string;
  errorCode: number | null;
  /** Where its statuses are posted. */
  callback: string | null;
  at: number;
  sentAt: number | null;
};

/** What the API works on: one account, its texts, and what to do with a text that was taken. */
export type Account = {
  accountSid: string;
  authToken: string;
  now: () => number;
  faults: Faults;
  texts: Text[];
  changed(): void;
  deliver(text: Text): void;
};

type Answer = { status: number; json: unknown };

/**
 * Answers one call to the Messages part of Twilio's API (version 2010-04-01): send, list, read, blank, delete.
 * Rejects only when the caller went away or sent too much; the connection is then of no more use.
 */
export async function answerApi(
  account: Account,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const form = await readForm(request);
  const path = /^\/2010-04-01\/Accounts\/(\w+)\/Messages(?:\/(\w+))?\.json$/.exec(url.pathname);
  if (!isOurs(account, request)) send(response, refusal(20003));
  else if (path?.[1] !== account.accountSid) send(response, refusal(20404));
  else if (path[2] !== undefined) send(response, oneText(account, request.method, path[2], form));
  else if (request.method === 'GET') send(response, listTexts(account, url));
  else if (request.method === 'POST') await takeText(account, form, response);
  else send(response, refusal(20004));
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request) {
    parts.push(part);
    length += part.length;
    if (length > LONGEST_FORM_BYTES) throw new Error('The form is too long');
  }
  return new URLSearchParams(Buffer.concat(parts).toString('utf8'));
}

function isOurs(account: Account, request: IncomingMessage): boolean {
  const given = Buffer.from(request.headers.authorization ?? '');
  const right = Buffer.from(`Basic ${btoa(`${account.accountSid}:${account.authToken}`)}`);
  return given.length === right.length && timingSafeEqual(given, right);
}

function send(response: ServerResponse, { status, json }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
  response.end(json === null ? undefined : JSON.stringify(json));
}

/** HTTP statuses of Twilio's codes; all others come with 400. */
const STATUS_OF_CODE: Record<number, number> = {
  20003: 401,
  20004: 405,
  20404: 404,
  20429: 429,
  20500: 500,
  20503: 503,
};

function refusal(code: number): Answer {
  const status = STATUS_OF_CODE[code] ?? 400;
  const more_info = `https://www.twilio.com/docs/errors/${code}`;
  return {
    status,
    json: { code, message: `The pretend Twilio refuses this with ${code}`, more_info, status },
  };
}

async function takeText(account: Account, form: URLSearchParams, response: ServerResponse): Promise<void> {
  const wrong = account.faults.refuseWith ?? whatIsWrong(form);
  if (wrong !== null) return send(response, refusal(wrong));
  const text = textFrom(form, account.now());
  // Written before delivery begins: Twilio's answer to a new text always says "queued".
  const answer = { status: 201, json: resource(account, text) };
  account.texts.push(text);
  account.changed();
  const { earlyStatus, answerThenHang, beforeAnswer } = account.faults;
  const isEarly = earlyStatus || answerThenHang;
  if (isEarly) account.deliver(text);
  await beforeAnswer?.();
  if (!answerThenHang) send(response, answer);
  if (!isEarly) account.deliver(text);
}

function whatIsWrong(form: URLSearchParams): number | null {
  const body = form.get('Body') ?? '';
  if (!/^\+[1-9]\d{6,14}$/.test(form.get('To') ?? '')) return 21211;
  if (body === '' || !form.get('From')) return 20001;
  return body.length > LONGEST_TEXT ? 21617 : null;
}

function textFrom(form: URLSearchParams, at: number): Text {
  const written = form.get('Body') ?? '';
  const body = form.get('SmartEncoded') === 'true' ? smartEncoded(written) : written;
  return {
    sid: newSid(),
    from: form.get('From') ?? '',
    to: form.get('To') ?? '',
    body,
    phoneBody: body,
    isDeleted: false,
    direction: 'outbound-api',
    status: 'queued',
    errorCode: null,
    callback: form.get('StatusCallback'),
    at,
    sentAt: null,
  };
}

/** A new MessageSid. */
export function newSid(): string {
  return `SM${randomBytes(16).toString('hex')}`;
}

/** How many segments a text takes, as Twilio writes it: a number in a string. */
export function segments(body: string): string {
  return String(new SegmentedMessage(body).segmentsCount);
}

/** Reading, blanking (an empty `Body`) and deleting one text, as a service does that leaves no copy at Twilio. */
function oneText(account: Account, method: string | undefined, sid: string, form: URLSearchParams): Answer {
  const text = account.texts.find(kept => kept.sid === sid && !kept.isDeleted);
  if (!text) return refusal(20404);
  if (method === 'DELETE') {
    text.isDeleted = true;
    text.body = '';
    return { status: 204, json: null };
  }
  if (method === 'POST') {
    if (form.get('Body') !== '') return refusal(20001);
    text.body = '';
  }
  return { status: 200, json: resource(account, text) };
}

/** Newest first, in pages. A text that was not sent yet has no sending date and is in no list by date. */
function listTexts(account: Account, url: URL): Answer {
  const asked = url.searchParams;
  const [from, to] = [asked.get('From'), asked.get('To')];
  const found = account.texts
    .filter(
      text => !text.isDeleted && (to === null || text.to === to) && (from === null || text.from === from),
    )
    .filter(text => isSentWithin(text, asked))
    .reverse();
  const page = Number(asked.get('Page') ?? 0);
  const page_size = Math.min(Number(asked.get('PageSize') ?? 50), 1000);
  const start = page * page_size;
  const end = start + page_size;
  const messages = found.slice(start, end).map(text => resource(account, text));
  const next = new URLSearchParams(
    [...asked].filter(([name]) => name !== 'Page').concat([['Page', `${page + 1}`]]),
  );
  const next_page_uri = end < found.length ? `${url.pathname}?${next}` : null;
  return { status: 200, json: { messages, page, page_size, start, uri: url.pathname, next_page_uri } };
}

function isSentWithin(text: Text, asked: URLSearchParams): boolean {
  const day = asked.get('DateSent');
  const before = asked.get('DateSent<');
  const after = asked.get('DateSent>');
  if (day === null && before === null && after === null) return true;
  if (text.sentAt === null) return false;
  const isOnDay = day === null || new Date(text.sentAt).toISOString().slice(0, 10) === day.slice(0, 10);
  const isBefore = before === null || text.sentAt <= Date.parse(before);
  return isOnDay && isBefore && (after === null || text.sentAt >= Date.parse(after));
}

function resource(account: Account, text: Text) {
  const uri = `/2010-04-01/Accounts/${account.accountSid}/Messages/${text.sid}`;
  return {
    sid: text.sid,
    account_sid: account.accountSid,
    from: text.from,
    to: text.to,
    body: text.body,
    direction: text.direction,
    status: text.status,
    error_code: text.errorCode,
    error_message: null,
    date_created: rfc2822(text.at),
    date_sent: text.sentAt === null ? null : rfc2822(text.sentAt),
    date_updated: rfc2822(text.sentAt ?? text.at),
    num_media: '0',
    num_segments: segments(text.body),
    messaging_service_sid: null,
    price: null,
    price_unit: 'GBP',
    api_version: '2010-04-01',
    uri: `${uri}.json`,
    subresource_uris: { media: `${uri}/Media.json` },
  };
}

function rfc2822(at: number): string {
  return new Date(at).toUTCString().replace('GMT', '+0000');
}
