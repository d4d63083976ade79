import type { Sent, SentAnswer } from '../../channels/protocol.ts';
import { ask } from './contact.ts';
import { keepPlace, line, mark, showChoices } from './draw.ts';
import { exit, hasLeft, startOver } from './leave.ts';
import { box, notice, outbox, show, words } from './parts.ts';
import { after, catchUp, receive } from './receive.ts';

const LONGEST_PAUSE_MS = 30_000;

/** `after` is the last line drawn when it was first sent: it can only be committed behind that. */
type Unsent = { sent: Sent; text: string; line: HTMLLIElement; after?: number };

/** In memory only, and gone with the page: anything kept on the device could be found there. */
const unsent: Unsent[] = [];
let sending = false;
let wake = () => {};

/**
 * Sends a text or a choice after everything before it, as often as it takes.
 *
 * @param what exactly one of text and choice
 * @param text what the person sees of it
 */
export function send(what: Omit<Sent, 'client_id'>, text: string): void {
  const item: Unsent = { sent: { client_id: newId(), ...what }, text, line: line('you', text) };
  unsent.push(item);
  mark(item.line, words.sending);
  show(notice, '');
  keepPlace(() => {
    outbox.append(item.line);
    showChoices();
  }, true);
  if (!sending) void sendAll();
}

/** Tries again at once: the network is back, the page is looked at, or the button was pressed. */
export function tryNow(): void {
  wake();
}

/** One at a time, so that the order is the writer's. */
async function sendAll(): Promise<void> {
  sending = true;
  let failures = 0;
  for (let item = unsent[0]; item && !hasLeft(); item = unsent[0]) {
    item.after ??= after;
    const response = await ask('/messages', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(item.sent),
      keepalive: true,
    });
    const answer = await read(response);
    if (hasLeft()) return;
    if (answer?.ok || refused(response?.status ?? 0)) {
      failures = 0;
      settle(item, answer);
    } else {
      fail(item, answer);
      failures += 1;
      await pause(Math.min(LONGEST_PAUSE_MS, 1_000 * 2 ** (failures - 1)));
    }
  }
  sending = false;
}

/** Whether sending the same again can never work. "Too slow" and "too many" pass, and so do broken servers. */
function refused(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}

async function read(response: Response | undefined): Promise<SentAnswer | undefined> {
  try {
    return await response?.json();
  } catch {
    return undefined;
  }
}

/** Committed, or refused for good: then the words go back into the box, with the reason. */
function settle(item: Unsent, answer: SentAnswer | undefined): void {
  unsent.shift();
  item.line.remove();
  if (answer?.ok) {
    if (answer.leave) {
      exit();
      return;
    }
    show(notice, '');
    // Numbered among the lines already here: they are of a conversation that has ended, this is of a new one.
    if (answer.seq <= (item.after ?? 0)) startOver();
    else if (receive(answer)) void catchUp();
    return;
  }
  show(notice, answer?.message ?? words.notSent);
  if (item.sent.text) box.value = box.value ? `${item.text}\n${box.value}` : item.text;
  showChoices();
}

/** Not sent, and it says so; it goes on trying by itself while the page is open. */
function fail(item: Unsent, answer: SentAnswer | undefined): void {
  const button = document.createElement('button');
  button.textContent = words.tryAgain;
  button.addEventListener('click', () => {
    mark(item.line, words.sending);
    tryNow();
  });
  mark(item.line, `${words.notSentYet} `, button);
  if (answer && !answer.ok) show(notice, answer.message);
}

/** Waits up to this long, never less than half of it, so that a crowd does not come back at one moment. */
function pause(longest: number): Promise<void> {
  return new Promise(done => {
    const timer = setTimeout(done, longest * (0.5 + Math.random() / 2));
    wake = () => {
      clearTimeout(timer);
      done();
    };
  });
}

/** A random UUID (version 4). `crypto.randomUUID` exists on secure origins only; a trial may run without. */
function newId(): string {
  const hex = [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte, index) => (index === 6 ? (byte & 15) | 64 : index === 8 ? (byte & 63) | 128 : byte))
    .map(byte => byte.toString(16).padStart(2, '0'))
    .join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
