import { understand } from '../flows/understand.ts';
import type { Finding } from '../risk/detect.ts';
import type { Place } from './conversation.ts';
import { choicesOf, PERSON_CHOICE, remember, runFlow } from './flow-run.ts';
import { bringPerson, say, sayService, type Turn } from './turn.ts';

/** The flow of a first meeting, and the step that people come back to. */
export const WELCOME = 'welcome';
export const HOME: Place = { flow: WELCOME, step: 'menu' };

/**
 * Takes a message in the person's own words as the answer to the open question: one of its choices by number,
 * words, emoji or misspelling; else the text it asks for; else it was not understood.
 * @param raised whether this very message has brought a person
 */
export function answerInWords(turn: Turn, said: string, finding: Finding, raised: boolean): void {
  if (finding.severity === 1) sayService(turn, 'watch.offer');
  const step = questionOf(turn);
  if (!step) {
    resting(turn, raised);
    return;
  }
  const { choices, text } = step.kind;
  const options = choicesOf(turn, step).map(({ value, label }) => {
    const own = choices.find(choice => value.endsWith(`.${choice.id}`));
    return { id: own?.id ?? PERSON_CHOICE, label, words: own?.words ?? [] };
  });
  const meant = understand(said, options);
  if (meant === PERSON_CHOICE) personAsked(turn);
  else if (meant !== null) {
    remember(turn);
    runFlow(turn, { event: { type: `chose.${meant}` } });
  } else if (text) {
    remember(turn);
    const skips = text.canSkip && said.trim().toLowerCase() === 'skip';
    runFlow(turn, { event: skips ? { type: 'skipped' } : { type: 'wrote', text: said.slice(0, text.max) } });
  } else if (finding.severity >= 2) {
    // Told before who will see it, they hear at least that this was kept too.
    if (!raised) sayService(turn, 'waiting.noted');
    putQuestionAgain(turn);
  }
  // Nobody who has just told something hard is told that they were not understood.
  else runFlow(turn, { event: { type: 'missed' } }, { quietly: finding.severity > 0 });
}

/** A button answers only the question that it stood under. */
export function answerByButton(turn: Turn, value: string): void {
  const { place } = turn.conversation;
  const [flow, step, choice] = value.split('.');
  if (place && choice && flow === place.flow && step === place.step) {
    remember(turn);
    runFlow(turn, { event: { type: `chose.${choice}` } });
    return;
  }
  sayService(turn, 'stale');
  if (place) runFlow(turn, { to: place });
}

/** They want a person: the queue, and what is true about who is there, with numbers. */
export function personAsked(turn: Turn): void {
  const { conversation, known } = turn;
  conversation.askedForPersonAt = known.now;
  bringPerson(turn);
  if (known.onDuty) {
    sayService(turn, 'waiting.asked');
    sayService(turn, 'help.numbers');
  } else sayService(turn, 'waiting.nobody');
  putQuestionAgain(turn);
}

/** Asks the open question once more, without its story. On the web the buttons must stay at hand; a text would only repeat itself. */
export function putQuestionAgain(turn: Turn): void {
  const { conversation, known } = turn;
  const step = questionOf(turn);
  if (!step || conversation.channel === 'sms') return;
  const { words } = known.bundle;
  const flow = conversation.place?.flow ?? '';
  const text = words.text(flow, `${step.id}.ask`, conversation.language, conversation.slots);
  say(turn, { from: 'bot', text, choices: choicesOf(turn, step) });
}

/** No question is open: whoever waits for a person is heard; whoever comes back begins at the menu. */
function resting(turn: Turn, raised: boolean): void {
  const { conversation } = turn;
  // The bot goes on while a person is fetched.
  if (conversation.state !== 'waiting' || raised) runFlow(turn, { to: HOME });
  else {
    conversation.misses += 1;
    if (conversation.misses === 1) sayService(turn, 'waiting.noted');
  }
}

function questionOf({ conversation, known }: Turn) {
  const flow = known.bundle.flows.get(conversation.place?.flow ?? '');
  const step = flow?.steps.get(conversation.place?.step ?? '');
  return step?.kind.kind === 'ask' ? { ...step, kind: step.kind } : null;
}
