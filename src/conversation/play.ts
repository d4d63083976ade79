import type { ChannelName } from '../channels/protocol.ts';
import type { Contact } from '../directory/contacts.ts';
import type { Bundle } from '../flows/bundle.ts';
import { NO_MEMORY } from '../risk/accumulate.ts';
import type { Lexicon } from '../risk/lexicon.ts';
import { advance, type Conversation, type Effect, type Known, type TimerEvent } from './conversation.ts';
import { runFlow } from './flow-run.ts';
import { newConversation } from './reply.ts';
import { beginTurn, endTurn } from './turn.ts';

/**
 * A conversation played without a database or a network: the same decisions, one after the other. For the
 * terminal, for recorded conversations, and for trying a flow out. Nothing of it is kept.
 */
export type Play = {
  conversation: Conversation;
  now: number;
  timers: Map<string, { dueAt: number; event: TimerEvent }>;
  alerts: Known['openAlerts'];
};

/** What the world of a play is: who is on duty, and what is known. */
export type PlayWorld = { bundle: Bundle; lexicon: Lexicon; contacts: Contact[]; onDuty: boolean };

/** What happened, as one line each: `<` is said to the young person, `!` goes to people. */
export type PlayLine = { mark: '<' | '!'; text: string };

/** Begins a play at `now` (UTC ms). Nothing is said until somebody writes. */
export function beginPlay(world: PlayWorld, channel: ChannelName, now: number): Play {
  const seed = {
    id: 'play',
    channel,
    language: 'en',
    bundle: world.bundle.hash,
    startedAt: now,
    riskMemory: NO_MEMORY,
  };
  return { conversation: newConversation(seed), now, timers: new Map(), alerts: [] };
}

/** Enters a flow directly, as an author does who is trying it out. */
export function enterFlow(world: PlayWorld, play: Play, flow: string): PlayLine[] {
  const turn = beginTurn({ ...play.conversation, lastSeq: 1 }, knownTo(world, play));
  runFlow(turn, { enter: flow });
  const { conversation, effects } = endTurn(turn, { ok: true, seq: 0 });
  return take(play, conversation, effects);
}

/** The young person writes `text`. */
export function write(world: PlayWorld, play: Play, text: string): PlayLine[] {
  const event = { type: 'replied', text, choice: null, clientId: null, providerId: null } as const;
  const { conversation, effects } = advance(play.conversation, event, knownTo(world, play));
  return take(play, conversation, effects);
}

/** Lets `ms` go by, and everything that falls due in it happen, in order. */
export function wait(world: PlayWorld, play: Play, ms: number): PlayLine[] {
  const until = play.now + ms;
  const lines: PlayLine[] = [];
  for (let next = firstDue(play, until); next; next = firstDue(play, until)) {
    const [name, { dueAt, event }] = next;
    play.timers.delete(name);
    play.now = dueAt;
    const { conversation, effects } = advance(
      play.conversation,
      { type: 'timerFired', name, event },
      knownTo(world, play),
    );
    lines.push(...take(play, conversation, effects));
  }
  play.now = until;
  return lines;
}

function firstDue(play: Play, until: number) {
  return [...play.timers]
    .filter(([, timer]) => timer.dueAt <= until)
    .sort(([, a], [, b]) => a.dueAt - b.dueAt)[0];
}

function knownTo(world: PlayWorld, play: Play): Known {
  return { ...world, now: play.now, openAlerts: play.alerts };
}

function take(play: Play, conversation: Conversation, effects: Effect[]): PlayLine[] {
  const wasWaiting = play.conversation.state === 'waiting';
  play.conversation = conversation;
  const sms = conversation.channel === 'sms';
  const lines: PlayLine[] = [];
  for (const effect of effects) {
    if (effect.type === 'setTimer') play.timers.set(effect.name, effect);
    if (effect.type === 'cancelTimer') play.timers.delete(effect.name);
    if (effect.type === 'raiseAlert') {
      play.alerts = [...play.alerts, effect];
      lines.push({ mark: '!', text: `alert, severity ${effect.severity}: ${effect.categories.join(', ')}` });
    }
    if (effect.type === 'text') lines.push({ mark: '<', text: effect.body });
    if (effect.type === 'say' && !sms) lines.push({ mark: '<', text: shown(effect) });
  }
  if (conversation.state === 'waiting' && !wasWaiting) lines.push({ mark: '!', text: 'waits for a person' });
  return lines;
}

/** A line with its buttons, as the web shows them. */
function shown({ text, choices }: Extract<Effect, { type: 'say' }>): string {
  return [text, ...choices.map((choice, i) => `  [${i + 1}] ${choice.label}`)].join('\n');
}
