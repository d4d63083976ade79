import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type Account, answerApi, type Faults, newSid, segments, type Text } from './pretend-twilio-api.ts';
import { sign } from './sms-gateway.ts';

/** The service's number in trial mode and in tests: from the range that Ofcom keeps for drama. */
export const PRETEND_FROM = '+447700900123';

/** Twilio gives a webhook fifteen seconds. */
const WEBHOOK_LIMIT_MS = 15_000;
const EXPECT_WITHIN_MS = 5000;

export type PretendTwilioOptions = {
  accountSid: string;
  authToken: string;
  /** Where the service's webhooks are. */
  publicUrl: string;
  /** 0, the default, takes any free port. It listens on 127.0.0.1 only. */
  port?: number;
  /** The service's number; the default is `PRETEND_FROM`. */
  from?: string;
  /** UTC ms. */
  now?: () => number;
};

/** A text as the phone shows it. `at` is UTC ms; `status` is Twilio's word. */
export type PhoneText = { from: 'service' | 'phone'; body: string; at: number; sid: string; status: string };

export type PretendTwilio = {
  /** The API's address, for `SmsSettings.apiUrl`. */
  url: string;
  faults: Faults;
  /** Texts the service from a phone; resolves with the webhook's answer, rejects when the service gave none. */
  text(
    from: string,
    body: string,
    again?: { messageSid: string },
  ): Promise<WebhookAnswer & { messageSid: string }>;
  /** Everything to and from this phone, oldest first. */
  messages(number: string): PhoneText[];
  /** Calls `changed` after every new text and status; returns how to stop that. */
  onChange(changed: () => void): () => void;
  /** The next text to this phone that matches and that no earlier call was given; rejects after `withinMs`. */
  expectText(number: string, match: RegExp | string, withinMs?: number): Promise<PhoneText>;
  /** Resolves when every webhook and status so far has been posted and answered. */
  settled(): Promise<void>;
  close(): Promise<void>;
};

type WebhookAnswer = { status: number; body: string };

type World = Account & {
  from: string;
  publicUrl: string;
  /** Sids that an `expectText` was given. */
  expected: Set<string>;
  listeners: Set<() => void>;
  posting: Set<Promise<unknown>>;
  closing: AbortController;
};

/**
 * A Twilio on this machine, for trial mode and tests: the Messages part of its API, phones that keep what they
 * get, and webhooks signed as Twilio signs them. It is the far end of the wire, so that all of ours is real.
 */
export async function startPretendTwilio(options: PretendTwilioOptions): Promise<PretendTwilio> {
  const world = newWorld(options);
  const server = createServer((request, response) => {
    answerApi(world, request, response).catch(() => response.destroy());
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : options.port;
  return {
    url: `http://127.0.0.1:${port}`,
    faults: world.faults,
    text: (from, body, again) => textIn(world, from, body, again?.messageSid ?? newSid()),
    messages: number => world.texts.filter(text => phoneOf(text) === number).map(asOnPhone),
    onChange(changed) {
      world.listeners.add(changed);
      return () => world.listeners.delete(changed);
    },
    expectText: (number, match, withinMs = EXPECT_WITHIN_MS) => expectText(world, number, match, withinMs),
    async settled() {
      while (world.posting.size > 0) await Promise.allSettled(world.posting);
    },
    async close() {
      world.closing.abort();
      server.close();
      server.closeAllConnections();
      await Promise.allSettled(world.posting);
      world.listeners.clear();
    },
  };
}

function newWorld({
  accountSid,
  authToken,
  publicUrl,
  from = PRETEND_FROM,
  now = Date.now,
}: PretendTwilioOptions): World {
  const listeners = new Set<() => void>();
  const world: World = {
    accountSid,
    authToken,
    publicUrl: publicUrl.replace(/\/+$/, ''),
    from,
    now,
    faults: {},
    texts: [],
    expected: new Set(),
    listeners,
    posting: new Set(),
    closing: new AbortController(),
    changed() {
      for (const listener of [...listeners]) listener();
    },
    deliver(text) {
      void track(world, deliver(world, text));
    },
  };
  return world;
}

function phoneOf(text: Text): string {
  return text.direction === 'inbound' ? text.from : text.to;
}

function asOnPhone({ direction, phoneBody: body, at, sid, status }: Text): PhoneText {
  return { from: direction === 'inbound' ? 'phone' : 'service', body, at, sid, status };
}

async function track<T>(world: World, work: Promise<T>): Promise<T> {
  world.posting.add(work);
  try {
    return await work;
  } finally {
    world.posting.delete(work);
  }
}

/** What Twilio's webhook says about places; its real one is as empty for a British phone. */
const NOWHERE = Object.fromEntries(
  ['ToState', 'ToCity', 'ToZip', 'FromState', 'FromCity', 'FromZip'].map(field => [field, '']),
);

async function textIn(world: World, from: string, body: string, sid: string) {
  if (!world.texts.some(text => text.sid === sid)) {
    const at = world.now();
    const fixed = {
      direction: 'inbound',
      status: 'received',
      errorCode: null,
      callback: null,
      isDeleted: false,
    } as const;
    world.texts.push({ ...fixed, sid, from, to: world.from, body, phoneBody: body, at, sentAt: at });
    world.changed();
  }
  const answer = await post(world, `${world.publicUrl}/sms/inbound`, {
    ...NOWHERE,
    ToCountry: 'GB',
    FromCountry: 'GB',
    SmsMessageSid: sid,
    SmsSid: sid,
    MessageSid: sid,
    AccountSid: world.accountSid,
    ApiVersion: '2010-04-01',
    SmsStatus: 'received',
    NumMedia: '0',
    NumSegments: segments(body),
    To: world.from,
    From: from,
    Body: body,
  });
  return { ...answer, messageSid: sid };
}

/** The copies of a webhook leave together: what Twilio's retries and a fallback address come to at worst. */
async function post(world: World, url: string, params: Record<string, string>): Promise<WebhookAnswer> {
  const copies = Array.from({ length: 1 + (world.faults.duplicateWebhooks ?? 0) }, () =>
    postOnce(world, url, params),
  );
  const [first] = await track(world, Promise.allSettled(copies));
  if (first?.status !== 'fulfilled') throw new Error('The service did not answer the webhook');
  return first.value;
}

async function postOnce(world: World, url: string, params: Record<string, string>): Promise<WebhookAnswer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
      'user-agent': 'TwilioProxy/1.1',
      'x-twilio-signature': sign(world.authToken, url, params),
      'i-twilio-idempotency-token': randomUUID(),
    },
    body: new URLSearchParams(params),
    redirect: 'manual',
    signal: AbortSignal.any([world.closing.signal, AbortSignal.timeout(WEBHOOK_LIMIT_MS)]),
  });
  return { status: response.status, body: await response.text() };
}

/** Moves a text to its end. The first status, "queued", has no callback: the API's answer tells it. */
async function deliver(world: World, text: Text): Promise<void> {
  const { failWith, reorderStatus } = world.faults;
  const last = failWith === undefined ? 'delivered' : 'undelivered';
  text.sentAt = world.now();
  for (const status of reorderStatus ? [last, 'sent'] : ['sent', last]) {
    if (status === 'undelivered') text.errorCode = failWith ?? null;
    if (text.status !== last) text.status = status;
    world.changed();
    await postStatus(world, text, status);
  }
}

async function postStatus(world: World, text: Text, status: string): Promise<void> {
  if (text.callback === null || world.faults.dropStatus) return;
  const why: Record<string, string> =
    status === 'undelivered' && text.errorCode ? { ErrorCode: String(text.errorCode) } : {};
  const params = {
    ...why,
    SmsSid: text.sid,
    MessageSid: text.sid,
    SmsStatus: status,
    MessageStatus: status,
    To: text.to,
    From: text.from,
    AccountSid: world.accountSid,
    ApiVersion: '2010-04-01',
  };
  // Twilio does not try a status again; what the service missed it has to find out by asking.
  await post(world, text.callback, params).catch(() => undefined);
}

function expectText(
  world: World,
  number: string,
  match: RegExp | string,
  withinMs: number,
): Promise<PhoneText> {
  const arrived = () => world.texts.filter(text => text.direction === 'outbound-api' && text.to === number);
  const matches = (body: string) =>
    typeof match === 'string' ? body.includes(match) : body.search(match) >= 0;
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(limit);
      world.listeners.delete(look);
      world.closing.signal.removeEventListener('abort', giveUp);
    };
    const look = () => {
      const text = arrived().find(({ sid, phoneBody }) => !world.expected.has(sid) && matches(phoneBody));
      if (!text) return;
      world.expected.add(text.sid);
      stop();
      resolve(asOnPhone(text));
    };
    const giveUp = () => {
      stop();
      const given = arrived().filter(text => world.expected.has(text.sid)).length;
      reject(
        new Error(`No text matched: ${arrived().length} came to this phone, ${given} were expected before`),
      );
    };
    const limit = setTimeout(giveUp, withinMs);
    world.listeners.add(look);
    world.closing.signal.addEventListener('abort', giveUp);
    look();
  });
}
