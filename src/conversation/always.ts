import type { Always } from './always-words.ts';
import { runFlow } from './flow-run.ts';
import { HOME, putQuestionAgain, questionOf } from './question.ts';
import { say, sayService, serviceLine, setContact, type Turn } from './turn.ts';

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
    default:
      changeLanguage(turn, word.slice('language.'.length));
      return {};
  }
}

/** From here on in another language: whatever is open is put again in it. */
function changeLanguage(turn: Turn, language: string): void {
  turn.conversation.language = language;
  sayService(turn, 'language.done');
  if (turn.conversation.state === 'withWorker') turn.effects.push({ type: 'tellDesk', kind: 'message' });
  else if (questionOf(turn)) putQuestionAgain(turn, true);
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
