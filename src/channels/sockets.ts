import type { Server as HttpServer, IncomingMessage } from 'node:http';
import { createAdapter } from '@socket.io/postgres-adapter';
import { Server } from 'socket.io';
import type { Committed, Run } from '../conversation/run.ts';
import { errorFields, type Log } from '../log.ts';
import { may } from '../staff/permissions.ts';
import { findSession, sessionToken } from '../staff/sessions.ts';
import { MAX_TEXT, type SentAnswer } from './protocol.ts';
import { receive } from './receive.ts';
import { visitToken } from './visit.ts';
import { sentSchema } from './web.ts';

/**
 * The doorbells. A socket says that something is new, never what; whoever hears it asks over HTTP. Sending by
 * socket is the same as sending by form. socket.io's own recovery and retries stay off: they skip the check of
 * who is asking, and lose what they promise to keep.
 */

const LIMITS = {
  maxHttpBufferSize: 16 * 1024,
  perMessageDeflate: false,
  httpCompression: false,
  connectTimeout: 10_000,
  allowEIO3: false,
  serveClient: false,
} as const;

/** What several processes share: a ring in one is heard in all, on the same side. */
function shared({ database }: Run, channelPrefix: 'chat' | 'desk', log: Log) {
  if (!database.between) return {};
  return {
    adapter: createAdapter(database.between, {
      channelPrefix,
      // Large packets would go through a table that it cleans; a ring is never large, so there is no table.
      cleanupInterval: LONGEST_INTERVAL_MS,
      errorHandler: error => log('socketFailed', errorFields(error)),
    }),
  };
}

const LONGEST_INTERVAL_MS = 2 ** 31 - 1;

export type SocketDeps = { run: Run; trial: boolean; log: Log };
export type Doorbell = { close(): Promise<void>; endVisit(token: string): void };
export type DeskDoorbell = { close(): Promise<void>; endSession(sessionId: string): void; ring(): void };

/** The young people's socket, at `/chat-socket` of the public listener. */
export function chatSocket(http: HttpServer, origin: string, { run, trial, log }: SocketDeps): Doorbell {
  const io = new Server(http, {
    ...LIMITS,
    ...shared(run, 'chat', log),
    path: '/chat-socket',
    pingInterval: 25_000,
    pingTimeout: 20_000,
    allowRequest: fromOrigin(origin),
  });
  io.engine.on('headers', addHeaders);
  /** Which socket of a room is waiting for the answer to what it sent. */
  const sending = new Map<string, string>();
  io.use(async (socket, next) => {
    const token = visitToken(socket.handshake.headers.cookie, trial);
    if (!token) return next(new Error('No visit.'));
    socket.data.token = token;
    await socket.join(visitRoom(run, token));
    const conversation = await run.visitedConversation(token).catch(() => null);
    if (conversation) await socket.join(conversation);
    next();
  });
  io.on('connection', socket => {
    socket.on('send', async (sent: unknown, answer: unknown) => {
      if (typeof answer !== 'function') return;
      const read = sentSchema.safeParse(sent);
      if (!read.success) return void answer(refusal('malformed'));
      const { client_id, text, choice } = read.data;
      if (text !== undefined && text.length > MAX_TEXT) return void answer(refusal('tooLong'));
      if (text !== undefined && text.trim() === '') return void answer(refusal('empty'));
      // A visit is looked up again for every message: one that has ended takes nothing more.
      const body = choice !== undefined ? { client_id, choice } : { client_id, text: text ?? '' };
      for (const room of socket.rooms) sending.set(room, socket.id);
      const given = await receive(run, String(socket.data.token), body, log);
      for (const room of socket.rooms) sending.delete(room);
      answer(given);
      if (given.ok && socket.rooms.size < 3) await joinConversation(socket);
    });
    socket.on('error', error => log('socketFailed', errorFields(error)));
  });
  run.onCommitted(({ conversations }) => {
    for (const { id, seq, events } of conversations)
      if (!toldAlready(id, events)) io.to(id).emit('poke', { seq });
  });
  return {
    close: async () => void (await io.close()),
    endVisit: token => io.in(visitRoom(run, token)).disconnectSockets(true),
  };

  /** Whether the only page there is has it in the answer to what it sent. Other processes are always rung. */
  function toldAlready(id: string, events: number): boolean {
    if (run.database.between) return false;
    const listening = io.of('/').adapter.rooms.get(id);
    const sender = sending.get(id);
    return (
      listening === undefined ||
      (events === 1 && listening.size === 1 && sender !== undefined && listening.has(sender))
    );
  }

  async function joinConversation(socket: {
    data: { token?: unknown };
    join(room: string): Promise<void> | void;
  }): Promise<void> {
    const conversation = await run.visitedConversation(String(socket.data.token)).catch(() => null);
    if (conversation) await socket.join(conversation);
  }
}

/** The desk's socket, at `/desk-socket` of the staff listener. The session is checked at every handshake. */
export function deskSocket(http: HttpServer, origin: string, { run, trial, log }: SocketDeps): DeskDoorbell {
  const io = new Server(http, {
    ...LIMITS,
    ...shared(run, 'desk', log),
    path: '/desk-socket',
    pingInterval: 10_000,
    pingTimeout: 8_000,
    allowRequest: fromOrigin(origin),
  });
  io.engine.on('headers', addHeaders);
  io.use(async (socket, next) => {
    const token = sessionToken(socket.handshake.headers.cookie, trial);
    const staff = token
      ? await findSession(run.database.db, token, run.now(), 'look').catch(() => null)
      : null;
    if (!staff || !may(staff.roles, 'queue.see')) return next(new Error('Please sign in first.'));
    await socket.join([sessionRoom(staff.sessionId), DESK]);
    next();
  });
  io.on('connection', socket => {
    socket.on('error', error => log('socketFailed', errorFields(error)));
  });
  run.onCommitted(committed => tell(committed));
  return {
    close: async () => void (await io.close()),
    endSession: id => io.in(sessionRoom(id)).disconnectSockets(true),
    ring: () => io.to(DESK).emit('desk', { serial: 0 }),
  };

  function tell({ conversations, deskSerial }: Committed): void {
    if (deskSerial === null) return;
    const [only] = conversations;
    const about = conversations.length === 1 && only ? { id: only.id, seq: only.seq } : {};
    io.to(DESK).emit('desk', { serial: deskSerial, ...about });
  }
}

const DESK = 'desk';
const sessionRoom = (id: string) => `session:${id}`;
const visitRoom = (run: Run, token: string) => `visit:${run.keys.lookup('web', token)}`;

/** What every answer of ours carries, the socket's too. */
function addHeaders(headers: Record<string, string>): void {
  headers['cache-control'] = 'no-store';
  headers['cross-origin-resource-policy'] = 'same-origin';
  headers['x-content-type-options'] = 'nosniff';
}

/** CORS does not cover websockets: a page of any address may open one unless its Origin is looked at. */
function fromOrigin(origin: string) {
  return (req: IncomingMessage, decide: (problem: string | null, allowed: boolean) => void) => {
    const given = req.headers.origin;
    const site = req.headers['sec-fetch-site'];
    decide(null, given === undefined ? site === undefined || site === 'same-origin' : given === origin);
  };
}

function refusal(error: 'malformed' | 'tooLong' | 'empty'): SentAnswer {
  return { ok: false, error, message: '' };
}
