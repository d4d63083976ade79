import { randomUUID } from 'node:crypto';
import { io, type Socket } from 'socket.io-client';
import type { App } from '../../src/app.ts';
import type {
  ChatEvent,
  DeskConversation,
  DeskRefusal,
  DeskRow,
  DeskView,
  EventsAnswer,
  Role,
  SentAnswer,
} from '../../src/channels/protocol.ts';
import { invite } from '../../src/staff/invitations.ts';
import { settle } from './start.ts';

/** Somebody at the web page: a browser's cookie and what they have read, over real HTTP. */
export class YoungPerson {
  readonly url: string;
  cookie = '';
  constructor(url: string) {
    this.url = url;
  }

  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.cookie) headers.set('cookie', this.cookie);
    const response = await fetch(new URL(path, this.url), { redirect: 'manual', ...init, headers });
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = ''] = cookie.split(';');
      this.cookie = /expires=Thu, 01 Jan 1970/i.test(cookie) ? '' : pair;
    }
    return response;
  }

  post(body: unknown): Promise<Response> {
    return this.fetch('/messages', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(body),
    });
  }

  /** Opens the page, as anybody does before writing. */
  async open(): Promise<string> {
    return (await this.fetch('/')).text();
  }

  /** Writes, and gives what the service answered, as lines. */
  async write(text: string, clientId: string = randomUUID()): Promise<ChatEvent[]> {
    return this.#answered(await this.post({ client_id: clientId, text }));
  }

  /** Presses a button by its words. */
  async press(label: string): Promise<ChatEvent[]> {
    const choice = (await this.choices()).find(found => found.label === label);
    if (!choice) throw new Error(`There is no button "${label}".`);
    return this.#answered(await this.post({ client_id: randomUUID(), choice: choice.value }));
  }

  async choices() {
    const { events } = await this.events();
    return events.findLast(event => event.choices)?.choices ?? [];
  }

  async events(after = 0): Promise<EventsAnswer> {
    return (await this.fetch(`/events?after=${after}`)).json();
  }

  async #answered(response: Response): Promise<ChatEvent[]> {
    const answer: SentAnswer = await response.json();
    if (!answer.ok) throw new Error(`Not taken: ${answer.error}`);
    return answer.events.filter(event => event.from !== 'you');
  }

  /** A socket with this browser's cookie. */
  socket(transports = ['websocket']): Socket {
    return io(this.url, {
      path: '/chat-socket',
      transports,
      extraHeaders: { cookie: this.cookie },
      forceNew: true,
      reconnection: false,
    });
  }
}

/** Somebody's phone, on the pretend Twilio. */
export class Phone {
  readonly number: string;
  readonly #app: App;
  constructor(app: App, number: string) {
    this.#app = app;
    this.number = number;
  }

  /** Texts, and gives the texts that came back. */
  async text(body: string, messageSid?: string): Promise<string[]> {
    const before = this.received().length;
    const answer = await this.#twilio.text(this.number, body, messageSid ? { messageSid } : undefined);
    if (answer.status !== 200) throw new Error(`The webhook answered ${answer.status}.`);
    await settle(this.#app);
    return this.received().slice(before);
  }

  received(): string[] {
    return this.#twilio
      .messages(this.number)
      .filter(text => text.from === 'service')
      .map(text => text.body);
  }

  get #twilio() {
    const { twilio } = this.#app;
    if (!twilio) throw new Error('There is no pretend Twilio.');
    return twilio;
  }
}

type Refused = { status: number } & DeskRefusal;

/** A youth worker at the desk, over the desk's own API. */
export class Worker {
  readonly #url: string;
  readonly #cookie: string;
  readonly name: string;
  constructor(url: string, cookie: string, name: string) {
    this.#url = url;
    this.#cookie = cookie;
    this.name = name;
  }

  static async signIn(app: App, name: string, roles: Role[] = ['worker', 'supervisor']): Promise<Worker> {
    const { database, keys, now } = app.run;
    const { link } = await invite(database.db, {
      email: `${randomUUID()}@desk.example`,
      name,
      roles,
      now: now(),
      staffUrl: app.staffUrl,
      serviceKey: keys.service,
      engine: database.engine,
    });
    const token = new URL(link).hash.replace('#invitation=', '');
    const response = await fetch(new URL('/api/invitation/accept', app.staffUrl), {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: new URL(app.staffUrl).origin },
      body: JSON.stringify({ token }),
    });
    const [cookie = ''] = response.headers.getSetCookie().map(set => set.split(';')[0] ?? '');
    if (!cookie) throw new Error(`Could not sign in: ${response.status}`);
    return new Worker(app.staffUrl, cookie, name);
  }

  async call(method: string, path: string, body?: unknown): Promise<Response> {
    const headers: Record<string, string> = { cookie: this.#cookie, origin: new URL(this.#url).origin };
    if (body !== undefined) headers['content-type'] = 'application/json';
    return fetch(new URL(path, this.#url), {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  async beginShift(): Promise<void> {
    await this.call('POST', '/api/shift');
  }

  async desk(): Promise<DeskView> {
    return (await this.call('GET', '/api/desk')).json();
  }

  /** The only chat in the queue. */
  async waiting(): Promise<DeskRow> {
    const { queue } = await this.desk();
    const [only] = queue;
    if (!only || queue.length > 1) throw new Error(`${queue.length} chats wait.`);
    return only;
  }

  async open(id: string, after = 0): Promise<DeskConversation> {
    return (await this.call('GET', `/api/conversations/${id}?after=${after}`)).json();
  }

  /** Claims under the epoch on the screen; gives the new epoch, or the refusal. */
  async claim(row: { id: string; epoch: number }): Promise<{ epoch: number } | Refused> {
    return this.#act(`/api/conversations/${row.id}/claim`, { epoch: row.epoch });
  }

  async write(
    id: string,
    epoch: number,
    text: string,
    more: { confirmed?: boolean; client_id?: string } = {},
  ): Promise<{ seq: number } | Refused> {
    return this.#act(`/api/conversations/${id}/messages`, { client_id: randomUUID(), epoch, text, ...more });
  }

  async neutralLine(id: string, epoch: number) {
    return this.#act<{ seq: number }>(`/api/conversations/${id}/neutral-line`, {
      client_id: randomUUID(),
      epoch,
    });
  }

  async handBack(id: string, epoch: number, flow = 'welcome', step = 'menu') {
    return this.#act<{ epoch: number }>(`/api/conversations/${id}/hand-back`, { epoch, flow, step });
  }

  async closeChat(id: string, epoch: number, outcome = 'helped') {
    return this.#act<{ epoch: number }>(`/api/conversations/${id}/closure`, { epoch, outcome });
  }

  async #act<T>(path: string, body: unknown): Promise<T | Refused> {
    const response = await this.call('POST', path, body);
    const answer = await response.json();
    return response.ok ? answer : { status: response.status, ...answer };
  }

  socket(): Socket {
    return io(this.#url, {
      path: '/desk-socket',
      transports: ['websocket'],
      extraHeaders: { cookie: this.#cookie },
      forceNew: true,
      reconnection: false,
    });
  }
}

/** Resolves when a socket is connected, whether it is so already or not. */
export function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.connected) resolve();
    socket.once('connect', () => resolve()).once('connect_error', reject);
  });
}
