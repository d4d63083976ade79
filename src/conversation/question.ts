import type { FlowEvent } from '../flows/compile.ts';
import { understand } from '../flows/understand.ts';
import type { Finding } from '../risk/detect.ts';
import type { Place } from './conversation.ts';
import { remember, runFlow } from './flow-run.ts';
import { choicesOf, optionsOf, PERSON_CHOICE, RESULT, SKIP } from './options.ts';
import { bringPerson, flowLine, say, sayService, type Turn } from './turn.ts';

/** The flow of a first meeting, and the step that people come back to. */
export const WELCOME = 'welcome';
export const HOME: Place = { flow: WELCOME, step: 'menu' };

/**
 * Takes a message in the person's own words as the answer to the open question: one of its choices by number,
 * words, emoji or misspelling; else the text it asks for; else it was not understood.
 * @param raised whether this very message has brought a person
 */
export function answerInWords(turn: Turn, said: string, finding: Finding, raised: boolean): void {
  // Only for what was found: that we cannot read their language is no sign of anything.
  if (finding.severity === 1 && finding.evidence.length > 0) sayService(turn, 'watch.offer');
  const step = questionOf(turn);
  if (!step) {
    resting(turn, raised);
    return;
  }
  const { text } = step.kind;
  // Their own words are wanted: a choice is only meant by its whole words, not by words that hold it.
  const carefully = step.marks.includes('safety') || step.marks.includes('consent');
  const meant = understand(said, optionsOf(turn, step), { exactly: text !== null, carefully });
  if (meant === PERSON_CHOICE) personAsked(turn);
  else if (meant !== null) choose(turn, meant);
  else if (text && said.length > text.max) {
    sayService(turn, 'tooLong', { max: text.max });
    putQuestionAgain(turn);
  } else if (text) {
    remember(turn);
    runFlow(turn, { event: { type: 'wrote', text: said } });
  } else if (finding.severity >= 2) {
    // Told before who will see it, they hear at least that this was kept too.
    if (!raised) sayService(turn, 'waiting.noted');
    putQuestionAgain(turn);
  }
  // Nobody who has just told something hard is told that they were not understood.
  else runFlow(turn, { event: { type: 'missed' } }, { quietly: finding.evidence.length > 0 });
}

/** Whether these whole words are an answer to the open question. */
export function isAnswer(turn: Turn, said: string): boolean {
  const step = questionOf(turn);
  return step !== null && understand(said, optionsOf(turn, step), { exactly: true }) !== null;
}

/** A button answers only the question that it stood under. */
export function answerByButton(turn: Turn, value: string): void {
  const { place } = turn.conversation;
  const open = questionOf(turn);
  const asked = open ? optionsOf(turn, open) : [];
  const meant = asked.find(({ id, shown }) => shown && value === `${place?.flow}.${place?.step}.${id}`);
  if (meant) {
    choose(turn, meant.id);
    return;
  }
  sayService(turn, 'stale');
  if (place) runFlow(turn, { to: place });
}

function choose(turn: Turn, option: string): void {
  remember(turn);
  const event: FlowEvent =
    option === SKIP
      ? { type: 'skipped' }
      : option.startsWith(RESULT)
        ? { type: 'picked', id: option.slice(RESULT.length) }
        : { type: `chose.${option}` };
  runFlow(turn, { event });
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

/**
 * Asks the open question once more, without its story. On the web the buttons must stay at hand; a text would only
 * repeat itself, unless it is now in another language (`anew`).
 */
export function putQuestionAgain(turn: Turn, anew = false): void {
  const { channel } = turn.conversation;
  const step = questionOf(turn);
  if (!step || (channel === 'sms' && !anew)) return;
  const key = channel === 'sms' && step.sms.ask !== null ? 'ask_sms' : 'ask';
  say(turn, { from: 'bot', text: flowLine(turn, `${step.id}.${key}`), choices: choicesOf(turn, step) });
}

/** No question is open: whoever waits for a person is heard; whoever comes back begins at the menu. */
function resting(turn: Turn, raised: boolean): void {
  const { conversation } = turn;
  // The bot goes on while a person is fetched.
  if (conversation.state !== 'waiting' || raised) runFlow(turn, { to: HOME });
  else {
    // Not after every line of a story, and not only once.
    if (conversation.misses % 3 === 0) sayService(turn, 'waiting.noted');
    conversation.misses += 1;
  }
}

/** The step whose question is open. */
export function questionOf({ conversation, known }: Turn) {
  const flow = known.bundle.flows.get(conversation.place?.flow ?? '');
  const step = flow?.steps.get(conversation.place?.step ?? '');
  return step?.kind.kind === 'ask' ? { ...step, kind: step.kind } : null;
}
