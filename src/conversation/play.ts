import type { ChannelName, Choice } from '../channels/protocol.ts';
import { SAFE_TIMES } from '../channels/texting.ts';
import type { Contact } from '../directory/contacts.ts';
import type { Bundle } from '../flows/bundle.ts';
import { NO_MEMORY } from '../risk/accumulate.ts';
import type { Lexicon } from '../risk/lexicon.ts';
import { SOURCE_LANGUAGE } from '../words.ts';
import {
  type Advanced,
  advance,
  type Contactable,
  type Conversation,
  type Effect,
  type Event,
  type Known,
  type TimerEvent,
} from './conversation.ts';
import { runFlow } from './flow-run.ts';
import { newConversation, takesMoreTexts } from './reply.ts';
import { beginTurn, endTurn } from './turn.ts';

/**
 * A conversation played without a database or a network: the same decisions, one after the other. For the
 * terminal, for recorded conversations, and for trying a flow out. Nothing of it is kept, unless whoever plays it
 * keeps it between two turns: all that the next turn rests on stands here, and may be replaced by what was loaded.
 */
export type Play = {
  conversation: Conversation;
  /** UTC ms. */
  now: number;
  timers: Map<string, { dueAt: number; event: TimerEvent }>;
  alerts: Known['openAlerts'];
  /** What the last decision asked to be done. */
  effects: Effect[];
  /** The buttons shown so far, those of the newest question first. */
  shown: Choice[][];
  /** The page was left: who writes now begins another conversation. */
  left: boolean;
};

/** What the world of a play is: who is on duty, and what is known. */
export type PlayWorld = { bundle: Bundle; lexicon: Lexicon; contacts: Contact[]; onDuty: boolean };

/** What happened, as one line each: `<` is said to the young person, `!` goes to people. */
export type PlayLine = { mark: '<' | '!'; text: string };

/** How the line begins that says that a button to be pressed is not there. */
export const NO_BUTTON = 'There is no button';

/** Begins a play at `now` (UTC ms), in one of the offered languages. Nothing is said until somebody writes. */
export function beginPlay(world: PlayWorld, channel: ChannelName, now: number, language: string): Play {
  const { words } = world.bundle;
  const start = { value: 'start', label: words.text('service', 'page.start', language) };
  const languages = words.languages.map(own => ({
    value: `language.${own}`,
    label: words.text('service', 'language.name', own),
  }));
  return {
    conversation: begun(world, channel, now, language),
    now,
    timers: new Map(),
    alerts: [],
    effects: [],
    // What the page shows before anything was said.
    shown: channel === 'web' ? [[start, ...languages]] : [],
    left: false,
  };
}

function begun(world: PlayWorld, channel: ChannelName, now: number, language: string): Conversation {
  const bundle = world.bundle.hash;
  return newConversation({ id: 'play', channel, language, bundle, startedAt: now, riskMemory: NO_MEMORY });
}

/** Enters a flow directly, as an author does who is trying it out: as if something had been said before. */
export function enterFlow(world: PlayWorld, play: Play, flow: string): PlayLine[] {
  const turn = beginTurn({ ...play.conversation, lastSeq: 1 }, knownTo(world, play));
  runFlow(turn, { enter: flow });
  return take(play, endTurn(turn, { ok: true, seq: 0 }));
}

/** The young person writes `text`. */
export function write(world: PlayWorld, play: Play, text: string): PlayLine[] {
  return reply(world, play, { text, choice: null });
}

/**
 * The young person presses the button with this label, or, when no button has it, with this number in the newest
 * question. Buttons of earlier questions can still be pressed on the web; by SMS their number is written.
 */
export function press(world: PlayWorld, play: Play, label: string): PlayLine[] {
  const [newest = []] = play.shown;
  const labelled = play.shown.flat().find(choice => choice.label === label);
  const choice = labelled ?? (/^\d+$/.test(label) ? newest[Number(label) - 1] : undefined);
  const number = choice ? newest.indexOf(choice) + 1 : 0;
  const sms = play.conversation.channel === 'sms';
  if (!choice || (sms && number === 0)) {
    play.effects = [];
    return [{ mark: '!', text: `${NO_BUTTON} "${label}".` }];
  }
  return sms ? write(world, play, String(number)) : reply(world, play, { text: null, choice: choice.value });
}

function reply(
  world: PlayWorld,
  play: Play,
  said: { text: string; choice: null } | { text: null; choice: string },
): PlayLine[] {
  const lines: PlayLine[] = [];
  if (!joins(play)) {
    beginAgain(world, play);
    lines.push({ mark: '!', text: 'a new chat begins' });
  }
  const before = play.conversation.channel;
  const event: Event = { type: 'replied', ...said, clientId: null, providerId: null };
  const advanced = advance(play.conversation, event, knownTo(world, play));
  lines.push(...take(play, advanced));
  const { answer } = advanced;
  if (!answer.ok) return lines;
  // Shown by the page and stored nowhere; by SMS it was sent as a text.
  if (answer.unsaved !== undefined && before === 'web') lines.push({ mark: '<', text: answer.unsaved });
  if (!answer.leave) return lines;
  const effects = play.effects;
  lines.push(...take(play, advance(play.conversation, { type: 'left' }, knownTo(world, play))));
  play.effects = [...effects, ...play.effects];
  return lines;
}

/** Whether a message still belongs to this conversation, as the service decides it. */
function joins({ conversation, now, alerts, left }: Play): boolean {
  if (left || conversation.state === 'closed') return false;
  return conversation.channel === 'web' || takesMoreTexts(conversation, alerts, now);
}

function beginAgain(world: PlayWorld, play: Play): void {
  const { channel, language, contact } = play.conversation;
  const { reachability } = contact;
  const again = beginPlay(world, channel, play.now, channel === 'web' ? language : SOURCE_LANGUAGE);
  // Who asked for no texts, or whose texts are read by somebody else, does not have to say so again.
  if (channel === 'sms' && (reachability === 'stopped' || reachability === 'watched'))
    again.conversation.contact.reachability = reachability;
  Object.assign(play, again);
}

/** Lets `ms` go by, and everything that falls due in it happen, in order. */
export function wait(world: PlayWorld, play: Play, ms: number): PlayLine[] {
  const until = play.now + ms;
  const lines: PlayLine[] = [];
  for (let fired = fireNext(world, play, until); fired; fired = fireNext(world, play, until))
    lines.push(...fired);
  return lines;
}

/** Goes on to the next thing that falls due by `until` (UTC ms), and gives what it said; null, and it is then, when nothing does. */
export function fireNext(world: PlayWorld, play: Play, until: number): PlayLine[] | null {
  const [next] = [...play.timers]
    .filter(([, timer]) => timer.dueAt <= until)
    .sort(([a, { dueAt: first }], [b, { dueAt: second }]) => first - second || (a < b ? -1 : 1));
  if (!next) {
    play.now = until;
    return null;
  }
  const [name, { dueAt, event }] = next;
  play.timers.delete(name);
  play.now = dueAt;
  return take(play, advance(play.conversation, { type: 'timerFired', name, event }, knownTo(world, play)));
}

function knownTo(world: PlayWorld, play: Play): Known {
  return { ...world, now: play.now, openAlerts: play.alerts };
}

/** Takes up what was decided. @returns it as lines, in order. */
function take(play: Play, { conversation, effects }: Advanced): PlayLine[] {
  const was = play.conversation;
  play.conversation = conversation;
  play.effects = effects;
  const lines: PlayLine[] = [];
  let contact = was.contact;
  for (const effect of effects) {
    const told = toPeople(effect, contact);
    if (told !== null) lines.push({ mark: '!', text: told });
    if (effect.type === 'text') lines.push({ mark: '<', text: effect.body });
    if (effect.type === 'say' && conversation.channel === 'web')
      lines.push({ mark: '<', text: withButtons(effect) });
    if (effect.type === 'setContact') contact = effect.contact;
    note(play, effect);
  }
  if (conversation.state === 'waiting' && was.state !== 'waiting')
    lines.push({ mark: '!', text: 'waits for a person' });
  return lines;
}

function note(play: Play, effect: Effect): void {
  if (effect.type === 'setTimer') play.timers.set(effect.name, effect);
  if (effect.type === 'cancelTimer') play.timers.delete(effect.name);
  if (effect.type === 'raiseAlert') play.alerts = [...play.alerts, effect];
  if (effect.type === 'say' && effect.choices.length > 0) play.shown = [effect.choices, ...play.shown];
  if (effect.type === 'endSession') play.left = true;
  if (effect.type === 'destroy') {
    play.timers.clear();
    play.alerts = [];
  }
}

/** A line with its buttons, as the web shows them. */
function withButtons({ text, choices }: Extract<Effect, { type: 'say' }>): string {
  return [text, ...choices.map((choice, i) => `[${i + 1}] ${choice.label}`)].join('\n');
}

/** What an effect tells people, or null. */
function toPeople(effect: Effect, before: Contactable): string | null {
  switch (effect.type) {
    case 'raiseAlert':
      return `alert, severity ${effect.severity}: ${effect.categories.join(', ')}`;
    case 'tellDesk':
      return effect.kind === 'deleted' ? 'asked to be deleted' : null;
    case 'destroy':
      return 'everything is destroyed';
    case 'setContact':
      return contactTold(effect.contact, before);
    default:
      return null;
  }
}

const REACHABILITY = {
  open: null,
  stopped: 'texts stopped',
  paused: 'texts paused until they write',
  watched: 'somebody else may be reading: only a worker may text',
  left: 'left the page',
  failed: 'texts do not arrive',
} as const;

const SAFE_TO_TEXT = {
  unknown: 'not known whether texts are safe',
  safe: 'texts are safe',
  notNow: 'texts are safe only as answers',
  never: 'texts are never safe',
} as const;

function contactTold(contact: Contactable, before: Contactable): string | null {
  const { reachability, safeToText, safeBetween } = contact;
  if (reachability !== before.reachability)
    return REACHABILITY[reachability] ?? (before.reachability === 'stopped' ? 'texts allowed again' : null);
  if (safeToText === before.safeToText && safeBetween === before.safeBetween) return null;
  if (safeToText !== 'onlyBetween') return SAFE_TO_TEXT[safeToText];
  const [from, until] = safeBetween ? SAFE_TIMES[safeBetween] : ['?', '?'];
  return `texts are safe only between ${from} and ${until}`;
}
