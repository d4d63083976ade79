import type { Choice } from '../channels/protocol.ts';
import type { Step } from '../flows/flow.ts';
import type { Option } from '../flows/understand.ts';
import { SOURCE_LANGUAGE } from '../words.ts';
import { flowLine, serviceLine, type Turn } from './turn.ts';

/** The button that is on every question. */
export const PERSON_CHOICE = 'person';
/** The choice that leaves a question open that may be left open. */
export const SKIP = '_skip';
/** How the choice of one of an action's results begins; the id of the result follows. */
export const RESULT = '~';

/**
 * Everything that an answer to a question can mean, in the order in which it is shown: the author's choices, what an
 * action found, skipping, and last, always, a person; then what is understood without being shown. Words count in
 * the language of the conversation and in English.
 */
export function optionsOf(turn: Turn, step: Step): Option[] {
  const { kind } = step;
  if (kind.kind !== 'ask') return [];
  const own = kind.choices.map(choice => ({
    id: choice.id,
    label: labelOf(turn, step, choice.id),
    words: [...english(turn, [choice.label, ...choice.words]), ...wordsOf(turn, step, choice.id)],
    shown: choice.shown,
  }));
  const found = (kind.choicesFrom && turn.conversation.results[kind.choicesFrom]) || [];
  const results = found.map(({ id, label }) => ({ id: `${RESULT}${id}`, label, words: [], shown: true }));
  const skip = kind.text?.canSkip
    ? [
        {
          id: SKIP,
          label: serviceLine(turn, 'choice.skip'),
          words: lists(turn, 'choice.skipWords'),
          shown: true,
        },
      ]
    : [];
  const person = {
    id: PERSON_CHOICE,
    label: serviceLine(turn, 'choice.person'),
    words: [englishPerson(turn)],
    shown: true,
  };
  return [
    ...own.filter(({ shown }) => shown),
    ...results,
    ...skip,
    person,
    ...own.filter(({ shown }) => !shown),
  ];
}

/** The options of a question as buttons. */
export function choicesOf(turn: Turn, step: Step): Choice[] {
  const { place } = turn.conversation;
  return optionsOf(turn, step)
    .filter(({ shown }) => shown)
    .map(({ id, label }) => ({
      value: id === PERSON_CHOICE ? PERSON_CHOICE : `${place?.flow}.${step.id}.${id}`,
      label,
    }));
}

function labelOf(turn: Turn, step: Step, choice: string): string {
  const sms = turn.conversation.channel === 'sms' && Object.hasOwn(step.sms.choices, choice);
  return flowLine(turn, `${step.id}.${sms ? 'choices_sms' : 'choices'}.${choice}`);
}

/** The other words for a choice in the language of the conversation; English ones stand in the flow itself. */
function wordsOf({ conversation, known }: Turn, step: Step, choice: string): string[] {
  const { language, place } = conversation;
  if (language === SOURCE_LANGUAGE) return [];
  const words = known.bundle.words.own(place?.flow ?? '', `${step.id}.choices.${choice}.words`, language);
  return words?.split('|') ?? [];
}

/** Beside another language only English words of some length count: "no" is a yes in Polish, and "ni" a we in Welsh. */
function english({ conversation }: Turn, words: string[]): string[] {
  return conversation.language === SOURCE_LANGUAGE ? words : words.filter(word => word.length > 2);
}

function englishPerson({ known }: Turn): string {
  return known.bundle.words.text('service', 'choice.person', SOURCE_LANGUAGE);
}

/** A list of words that stands in the fixed lines, in the language of the conversation and in English. */
function lists({ conversation, known }: Turn, key: string): string[] {
  const { words } = known.bundle;
  return [SOURCE_LANGUAGE, conversation.language].flatMap(
    language => words.own('service', key, language)?.split('|') ?? [],
  );
}
