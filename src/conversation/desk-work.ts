import { mayText } from '../channels/texting.ts';
import { NO_MEMORY } from '../risk/accumulate.ts';
import type { Answer, Event, Refusal, WorkerRef } from './conversation.ts';
import { endDuress, isUnderDuress } from './duress.ts';
import { FLOW_TIMER, runFlow } from './flow-run.ts';
import { changeState, say, sayService, serviceLine, type Turn } from './turn.ts';

/**
 * What a youth worker does with a conversation. Every act names the epoch that the worker's screen showed; if
 * another act was first, it is refused and nothing changes. So two workers never own one chat.
 */

type Of<T extends Event['type']> = Extract<Event, { type: T }>;

/** Takes the chat, under the next epoch: from here on the bot is silent. Claiming one's own chat again changes nothing. */
export function claimed(turn: Turn, { worker, epoch }: Of<'workerClaimed'>): Answer {
  const { conversation } = turn;
  if (conversation.state === 'closed') return refuse('closed');
  if (conversation.ownerId !== null && conversation.ownerId !== worker.id) return refuse('takenByOther');
  if (conversation.ownerId === worker.id) return { ok: true, seq: conversation.lastSeq };
  if (epoch !== conversation.epoch) return refuse('stale');
  changeState(turn, { type: 'claimed' });
  conversation.ownerId = worker.id;
  conversation.epoch += 1;
  conversation.waitingSince = null;
  turn.effects.push(
    { type: 'cancelTimer', name: FLOW_TIMER },
    { type: 'beginAssignment', workerId: worker.id },
  );
  tell(turn, worker, 'claimed', 'conversation.claim');
  if (!isUnderDuress(conversation)) sayService(turn, 'worker.joined', { name: worker.name });
  return { ok: true, seq: conversation.lastSeq };
}

/** A worker's line. `confirmed`: they have checked that a text to this phone is safe now. */
export function workerWrote(
  turn: Turn,
  { worker, epoch, text, clientId, confirmed }: Of<'workerWrote'>,
): Answer {
  const { conversation, known } = turn;
  const refused = notOwner(turn, worker, epoch);
  if (refused) return refuse(refused);
  const phone = { ...conversation.contact, lastInboundAt: conversation.lastInboundAt };
  if (conversation.channel === 'sms' && !mayText(phone, 'worker', known.now, confirmed).may)
    return refuse('notSafeToText');
  const seq = say(turn, { from: 'worker', text, authorId: worker.id, clientId }) ?? conversation.lastSeq;
  conversation.waitingSince = null;
  turn.effects.push({ type: 'tellDesk', kind: 'message' });
  return { ok: true, seq };
}

/** The one unprompted text there is: fixed, neutral, and sent because a worker decided so. Never after STOP. */
export function neutralLineSent(
  turn: Turn,
  { worker, epoch, clientId }: Of<'workerSentNeutralLine'>,
): Answer {
  const { conversation } = turn;
  const refused = notOwner(turn, worker, epoch);
  if (refused) return refuse(refused);
  const { reachability } = conversation.contact;
  if (conversation.channel !== 'sms' || reachability === 'stopped' || reachability === 'failed')
    return refuse('notSafeToText');
  const seq =
    say(turn, { from: 'worker', text: serviceLine(turn, 'neutralLine'), authorId: worker.id, clientId }) ??
    conversation.lastSeq;
  tell(turn, worker, 'message', 'conversation.neutralLine');
  return { ok: true, seq };
}

/** Back to the bot, at a step that the worker chose. The alerts are closed: a new hit is a new alert. */
export function handedBack(turn: Turn, { worker, epoch, flow, step }: Of<'workerHandedBack'>): Answer {
  const { conversation, known } = turn;
  const refused = notOwner(turn, worker, epoch);
  if (refused) return refuse(refused);
  if (!known.bundle.flows.get(flow)?.steps.has(step)) return refuse('unknownStep');
  release(turn, 'handedBack');
  tell(turn, worker, 'handedBack', 'conversation.handBack');
  conversation.returns = [];
  conversation.trail = [];
  if (isUnderDuress(conversation)) endDuress(conversation);
  else sayService(turn, 'worker.left');
  runFlow(turn, { to: { flow, step } });
  return { ok: true, seq: conversation.lastSeq };
}

/** Ends the conversation with an outcome. The next message begins another. */
export function closed(turn: Turn, { worker, epoch, outcome }: Of<'workerClosed'>): Answer {
  const { conversation } = turn;
  const refused = notOwner(turn, worker, epoch);
  if (refused) return refuse(refused);
  sayService(turn, 'closed.bye');
  release(turn, outcome);
  conversation.place = null;
  tell(turn, worker, 'closed', 'conversation.close');
  // They asked for everything to be deleted while an alert was open; now nothing holds it any more.
  if (conversation.hiddenAt !== null) turn.effects.push({ type: 'destroy' });
  return { ok: true, seq: conversation.lastSeq };
}

function release(turn: Turn, outcome: Of<'workerClosed'>['outcome'] | 'handedBack'): void {
  const { conversation, effects } = turn;
  changeState(turn, { type: outcome === 'handedBack' ? 'handedBack' : 'closed' });
  effects.push({ type: 'endAssignment', outcome }, { type: 'closeAlerts', by: conversation.ownerId });
  conversation.ownerId = null;
  conversation.waitingSince = null;
  conversation.epoch += 1;
  // A worker has looked: only a worker lowers the severity, and this is how.
  conversation.severity = 0;
  conversation.riskMemory = NO_MEMORY;
  conversation.askedForPersonAt = null;
}

function notOwner(turn: Turn, worker: WorkerRef, epoch: number): Refusal | null {
  const { conversation } = turn;
  if (conversation.state === 'closed') return 'closed';
  if (conversation.ownerId === worker.id && epoch === conversation.epoch) return null;
  return conversation.ownerId !== null && conversation.ownerId !== worker.id ? 'takenByOther' : 'notYours';
}

function tell(
  turn: Turn,
  worker: WorkerRef,
  kind: 'claimed' | 'handedBack' | 'closed' | 'message',
  action: string,
): void {
  turn.effects.push({ type: 'tellDesk', kind }, { type: 'audit', actor: worker.id, action });
}

function refuse(refused: Refusal): Answer {
  return { ok: false, refused };
}
