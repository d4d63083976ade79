import type { ChatEvent, ConversationState, EventsAnswer, SentAnswer } from '../../channels/protocol.ts';
import { ask } from './contact.ts';
import { connect } from './doorbell.ts';
import { announce, drawEvent, keepPlace, offer, showChoices } from './draw.ts';
import { hasLeft, startOver } from './leave.ts';
import { box, hasStarted, log, outbox, page, stateLine, words } from './parts.ts';

const SAFETY_NET_MS = 60_000;
const WITHOUT_SOCKET_MS = 5_000;

/** The highest seq up to which every line is drawn. */
export let after = Number(log.lastElementChild?.getAttribute('data-seq') ?? 0);
const early = new Map<number, ChatEvent>();
let asking = false;
let askAgain = false;
let doorbell = false;
let next: ReturnType<typeof setTimeout> | undefined;

const TALKING_WITH = {
  bot: words.bot,
  waiting: words.bot,
  withWorker: words.worker,
  closed: words.ended,
} satisfies Record<ConversationState, string>;

/**
 * Draws what was committed, strictly by seq. What comes too early waits.
 *
 * @returns whether something between is missing, to be asked for
 */
export function receive({
  events,
  state,
  language,
}: EventsAnswer | Extract<SentAnswer, { ok: true }>): boolean {
  if (hasLeft()) return false;
  // The page's own words come from the server: the same page again, and no step more in the history.
  if (language !== document.documentElement.lang) location.reload();
  page.dataset.started = '';
  document.getElementById('intro')?.remove();
  const ending = state === 'closed' && stateLine.textContent !== words.ended;
  stateLine.textContent = TALKING_WITH[state];
  for (const event of events) early.set(event.seq, event);
  const fresh: ChatEvent[] = [];
  for (let event = early.get(after + 1); event; event = early.get(after + 1)) {
    fresh.push(event);
    after = event.seq;
  }
  for (const seq of early.keys()) if (seq <= after) early.delete(seq);
  keepPlace(() => {
    for (const event of fresh) drawEvent(event);
    if (ending) offer([{ value: 'start', label: words.startAgain }]);
    showChoices();
  });
  announce(fresh);
  plan();
  void connect(setDoorbell, poked);
  return early.size > 0;
}

/** Asks for everything after the last line drawn, and plans when to ask the next time. */
export async function catchUp(): Promise<void> {
  if (hasLeft() || !hasStarted()) return;
  askAgain = asking;
  if (asking) return;
  asking = true;
  const response = await ask(`/events?after=${after}`, { headers: { accept: 'application/json' } });
  asking = false;
  if (hasLeft()) return;
  if (response?.ok) await readEvents(response);
  else if (response && [401, 404, 410].includes(response.status)) conversationGone();
  if (askAgain) return catchUp();
  plan();
}

async function readEvents(response: Response): Promise<void> {
  try {
    const answer: EventsAnswer = await response.json();
    receive(answer);
  } catch {
    // Not from our server: a network that wants a sign-in first. The next question is planned all the same.
  }
}

/** It was ended elsewhere, or deleted: nothing of it stays on the screen, unless something is unsent. */
function conversationGone(): void {
  if (!box.value && outbox.childElementCount === 0) startOver();
}

/** A page in the background waits: it asks as soon as it is looked at again. */
function plan(): void {
  clearTimeout(next);
  if (document.hidden) return;
  next = setTimeout(catchUp, (doorbell ? SAFETY_NET_MS : WITHOUT_SOCKET_MS) * (0.8 + Math.random() * 0.4));
}

/** Whether a socket will tell of new lines. Either way the log is brought up to date now. */
function setDoorbell(works: boolean): void {
  doorbell = works;
  void catchUp();
}

/** The doorbell: something up to `seq` is committed. */
function poked(seq: number): void {
  if (seq > after) void catchUp();
}
