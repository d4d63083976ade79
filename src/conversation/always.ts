import { SOURCE_LANGUAGE, type Words } from '../words.ts';
import { runFlow } from './flow-run.ts';
import { HOME, putQuestionAgain } from './question.ts';
import { say, sayService, serviceLine, setContact, type Turn } from './turn.ts';

/**
 * The words that work at every step and on every channel, whatever a flow says: the whole message and nothing
 * else (DESIGN section 4). `person` is HELP and HUMAN.
 */
export type Always = 'person' | 'stop' | 'start' | 'exit' | 'delete' | 'back' | 'menu';

const ALWAYS = ['person', 'stop', 'start', 'exit', 'delete', 'back', 'menu'] as const satisfies Always[];

/** No word that always works is longer, in characters. */
const LONGEST = 40;

/**
 * Which of these words a message is, or null. They stand in the fixed lines as `always.person` and so on,
 * separated by |.
 */
export function alwaysWord(said: string, words: Words): Always | null {
  const whole = said
    .trim()
    .toLowerCase()
    .replace(/[.!?]+$/, '');
  if (whole.length === 0 || whole.length > LONGEST) return null;
  return readWords(words).get(whole) ?? null;
}

/** The lists, read once for each set of texts. */
const read = new WeakMap<Words, Map<string, Always>>();

function readWords(words: Words): Map<string, Always> {
  const known = read.get(words);
  if (known) return known;
  const listed = ALWAYS.flatMap(always =>
    words
      .text('service', `always.${always}`, SOURCE_LANGUAGE)
      .split('|')
      .map(word => [word, always] as const),
  );
  const made = new Map(listed);
  read.set(words, made);
  return made;
}

/** Does what the word says. `unsaved` is a line that is stored nowhere; `leave` asks the page to go to the exit. */
export function doAlways(turn: Turn, word: Exclude<Always, 'person'>): { unsaved?: string; leave?: boolean } {
  const { channel, contact } = turn.conversation;
  switch (word) {
    case 'stop':
      // The line goes first: after it nothing may be texted.
      sayService(turn, channel === 'sms' ? 'stop.done' : 'stop.web');
      if (channel === 'sms') setContact(turn, { reachability: 'stopped' });
      return {};
    case 'start':
      if (contact.reachability === 'stopped') {
        setContact(turn, { reachability: 'open' });
        sayService(turn, 'start.done');
      }
      go(turn, goHome);
      return {};
    case 'exit':
      if (channel === 'web') return { leave: true };
      sayService(turn, 'exit.sms');
      // A pause ends with their next text; a STOP, or a phone that somebody watches, must not end with it.
      if (contact.reachability === 'open') setContact(turn, { reachability: 'paused' });
      return {};
    case 'delete':
      return deleteAll(turn);
    case 'menu':
      go(turn, goHome);
      return {};
    case 'back':
      go(turn, goBack);
      return {};
  }
}

/** Moves the bot's side of the conversation, unless a worker has it: then the word is a message like any other. */
function go(turn: Turn, move: (turn: Turn) => void): void {
  if (turn.conversation.state === 'withWorker') turn.effects.push({ type: 'tellDesk', kind: 'message' });
  else move(turn);
}

function goHome(turn: Turn): void {
  turn.conversation.returns = [];
  runFlow(turn, { to: HOME });
}

/** To the question before this one. Flows entered since are left. */
function goBack(turn: Turn): void {
  const { conversation } = turn;
  const last = conversation.trail.at(-1);
  if (!last) {
    sayService(turn, 'back.none');
    putQuestionAgain(turn);
    return;
  }
  conversation.trail = conversation.trail.slice(0, -1);
  const from = conversation.returns.findIndex(place => place.flow === last.flow);
  if (from >= 0) conversation.returns = conversation.returns.slice(0, from);
  runFlow(turn, { to: last });
}

/** Hidden at once; destroyed now, or, while an alert at 2 or 3 is open or a worker is talking, when the worker closes. */
function deleteAll(turn: Turn): { unsaved: string } {
  const { conversation, known, effects } = turn;
  const alerted = known.openAlerts.length > 0 || effects.some(effect => effect.type === 'raiseAlert');
  const held = conversation.state === 'withWorker' || alerted;
  const sms = conversation.channel === 'sms';
  const line = serviceLine(turn, sms ? 'delete.sms' : held ? 'delete.held' : 'delete.done');
  conversation.hiddenAt = known.now;
  conversation.place = null;
  conversation.returns = [];
  conversation.trail = [];
  if (sms) say(turn, { from: 'service', text: line });
  effects.push({ type: 'tellDesk', kind: 'deleted' });
  if (!held) {
    conversation.state = 'closed';
    effects.push({ type: 'destroy' });
  }
  return { unsaved: line };
}
