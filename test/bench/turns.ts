import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { io, type Socket } from 'socket.io-client';

/** Rounds of each system, in turn, so that a noisy minute falls on both. */
const ROUNDS = 3;
/** A turn that gets no answer within this time, in ms, ends the run with an error. */
const PATIENCE_MS = 30_000;
/** A young person at the menu: a question, a branch, an answer, and back. */
const SCRIPT = ['find help', 'menu'];

type Figures = { system: string; turns: number; perSecond: number; p50Ms: number; p99Ms: number };

/**
 * `cairn bench turns`: acknowledged, committed turns a second of the whole service against the acknowledgements of
 * a bare socket.io echo, in one run, on the websocket transport, each client sending the next when it has the answer.
 * Only the ratio means anything: the machine is shared.
 */
export async function benchTurns(words: string[]): Promise<number> {
  const { values } = parseArgs({
    args: words,
    options: {
      clients: { type: 'string', default: '200' },
      seconds: { type: 'string', default: '4' },
      json: { type: 'boolean' },
    },
  });
  const [clients, seconds] = [Number(values.clients), Number(values.seconds)];
  if (!(clients >= 1 && clients <= 2_000 && seconds >= 1 && seconds <= 60))
    throw new TypeError('--clients must be 1 to 2000 and --seconds 1 to 60.');
  const systems = [];
  for (const system of ['echo', 'cairn'])
    systems.push({ system, times: [] as number[], ms: 0, ...(await connect(system, clients)) });
  try {
    for (let round = 0; round < ROUNDS; round++) {
      for (const one of systems) {
        if (!values.json) console.error(`round ${round + 1} of ${ROUNDS}: ${one.system}`);
        const { times, ms } = await load(one.sockets, seconds * 1_000);
        one.times.push(...times);
        one.ms += ms;
      }
    }
  } finally {
    for (const { sockets, server } of systems) {
      for (const socket of sockets) socket.close();
      server.disconnect();
      await once(server, 'exit');
    }
  }
  report(
    systems.map(({ system, times, ms }) => toFigures(system, times, ms)),
    clients,
    values.json ?? false,
  );
  return 0;
}

async function connect(
  system: string,
  clients: number,
): Promise<{ server: ChildProcess; sockets: Socket[] }> {
  const server = fork(join(import.meta.dirname, 'server.ts'), [system]);
  const url = await addressOf(server);
  const sockets = await Promise.all(
    Array.from({ length: clients }, async () => {
      const cookie =
        system === 'cairn' ? ((await fetch(url)).headers.getSetCookie()[0]?.split(';')[0] ?? '') : '';
      const socket = io(url, {
        path: '/chat-socket',
        transports: ['websocket'],
        extraHeaders: { cookie },
        forceNew: true,
      });
      await new Promise<void>((resolve, reject) =>
        socket.once('connect', resolve).once('connect_error', reject),
      );
      // Past the first words, to the menu.
      for (const text of ['hi', 'yes']) await turn(socket, text);
      return socket;
    }),
  );
  return { server, sockets };
}

/** What the server tells its parent once it listens. */
async function addressOf(server: ChildProcess): Promise<string> {
  const [told]: unknown[] = await once(server, 'message');
  if (typeof told === 'object' && told !== null && 'url' in told && typeof told.url === 'string')
    return told.url;
  throw new Error('The server did not say where it listens.');
}

async function turn(socket: Socket, text: string): Promise<void> {
  const answer = await socket.timeout(PATIENCE_MS).emitWithAck('send', { client_id: randomUUID(), text });
  if (answer.ok === false) throw new Error(`A turn was refused: ${answer.error}`);
}

/** Every client sends, and sends again when it has its answer, until the time is over. */
async function load(sockets: Socket[], forMs: number): Promise<{ times: number[]; ms: number }> {
  const times: number[] = [];
  const began = performance.now();
  await Promise.all(
    sockets.map(async socket => {
      for (let i = 0; performance.now() - began < forMs; i++) {
        const sent = performance.now();
        await turn(socket, SCRIPT[i % SCRIPT.length] ?? 'menu');
        times.push(performance.now() - sent);
      }
    }),
  );
  return { times, ms: performance.now() - began };
}

function toFigures(system: string, times: number[], ms: number): Figures {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round((sorted[Math.floor(sorted.length * share)] ?? 0) * 100) / 100;
  return {
    system,
    turns: times.length,
    perSecond: Math.round((times.length / ms) * 1_000),
    p50Ms: at(0.5),
    p99Ms: at(0.99),
  };
}

function report(figures: Figures[], clients: number, json: boolean): void {
  const [echo, cairn] = figures;
  const ratio = Math.round(((cairn?.perSecond ?? 0) / (echo?.perSecond ?? 1)) * 1_000) / 1_000;
  if (json) console.log(JSON.stringify({ clients, ratio, figures }));
  else {
    console.table(figures);
    console.log(`${clients} clients. Committed turns to bare acknowledgements: ${ratio}`);
  }
}
