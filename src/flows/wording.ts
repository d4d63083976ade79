import { alwaysWord } from '../conversation/always-words.ts';
import type { Words } from '../words.ts';
import { ACTIONS } from './actions.ts';
import type { Flow, FlowChoice, Step } from './flow.ts';
import { understand } from './understand.ts';

/** Something wrong with the words of a step, and where in the flow they stand. */
export type WordProblem = { at: (string | number)[]; message: string };

/** What every text may name, besides slots and what an action found. */
const ALWAYS_NAMED = ['emergency', 'numbers', 'person'];

/** Good cheer hurts somebody who has just told of a danger. */
const CHEERFUL =
  /\b(great|awesome|amazing|brilliant|fantastic|wonderful|yay|hooray|well done|congrat\w*|perfect|super|lovely)\b|!|[:;]-?[)D]|\p{Extended_Pictographic}/iu;

/**
 * What is wrong with the words of a flow: names that stand for nothing, cheer where nobody may be cheerful, and
 * choices whose words the engine would take for something else.
 * @param words the fixed lines, for the words that always work
 */
export function checkWords(flow: Flow, words: Words): WordProblem[] {
  const results = resultsIn(flow);
  return flow.steps.flatMap(step => [
    ...unknownNames(step, [...ALWAYS_NAMED, ...Object.keys(flow.remember), ...results]),
    ...unknownResults(step, results),
    ...cheer(step),
    ...(step.kind.kind === 'ask' ? choiceWords(step, step.kind.choices, words) : []),
  ]);
}

/** What the actions of a flow find, by the names that a text or a question calls it. */
function resultsIn(flow: Flow): string[] {
  return flow.steps.flatMap(({ kind }) => {
    if (kind.kind !== 'do' || !Object.hasOwn(ACTIONS, kind.action)) return [];
    const results = ACTIONS[kind.action]?.results;
    return results === undefined ? [] : [results];
  });
}

/** Every text of a step that is said, on any channel. */
export function textsIn({ say, sms, kind }: Step): string[] {
  const asked = kind.kind === 'ask' ? [kind.ask, ...kind.choices.map(choice => choice.label)] : [];
  return [...say, ...(sms.say ?? []), sms.ask ?? '', ...asked, ...Object.values(sms.choices)];
}

/** The names in the texts of a step, whatever they are. */
export function namesIn(step: Step): string[] {
  return textsIn(step).flatMap(text =>
    [...text.matchAll(/\{\{(.*?)\}\}/g)].map(match => (match[1] ?? '').trim()),
  );
}

function unknownNames(step: Step, known: string[]): WordProblem[] {
  return namesIn(step)
    .filter(name => !known.includes(name))
    .map(name => ({
      at: ['steps', step.id],
      message: `"{{${name}}}" names nothing. A text may name ${ALWAYS_NAMED.join(', ')}, something that "remember" names, or what an action of this flow finds.`,
    }));
}

function unknownResults({ id, kind }: Step, results: string[]): WordProblem[] {
  if (kind.kind !== 'ask' || kind.choicesFrom === null || results.includes(kind.choicesFrom)) return [];
  const message = `No action of this flow finds "${kind.choicesFrom}", so it cannot be offered as choices.`;
  return [{ at: ['steps', id, 'choices_from'], message }];
}

function cheer(step: Step): WordProblem[] {
  const at = ['steps', step.id];
  if (step.marks.includes('light')) {
    const message = `"${step.id}" is marked "light", but asks something. Only what is merely said can be left out.`;
    return step.kind.kind === 'ask' ? [{ at: [...at, 'marks'], message }] : [];
  }
  return textsIn(step).flatMap(text => {
    const found = CHEERFUL.exec(text)?.[0];
    if (found === undefined) return [];
    return [
      {
        at,
        message: `"${found}" is cheerful. Take it out, or mark the step "light", which is never said after a danger.`,
      },
    ];
  });
}

function choiceWords(step: Step, choices: FlowChoice[], words: Words): WordProblem[] {
  const options = choices.map(choice => ({ ...choice, words: [...choice.words, ...smsLabel(step, choice)] }));
  return options.flatMap(({ id, label, words: others }) =>
    [label, ...others].flatMap(said => {
      const at = ['steps', step.id, 'choices', id];
      if (alwaysWord(said, words) !== null)
        return [
          { at, message: `"${said}" always means something else, so it never picks the choice "${id}".` },
        ];
      const meant = understand(said, options, { exactly: true });
      if (meant === id) return [];
      const message = /^\s*\d+\s*$/.test(said)
        ? `"${said}" is a number, and so picks a choice by its place, not "${id}".`
        : `"${said}" stands for two choices of "${step.id}", so it picks neither.`;
      return [{ at, message }];
    }),
  );
}

function smsLabel(step: Step, choice: FlowChoice): string[] {
  const label = step.sms.choices[choice.id];
  return label === undefined ? [] : [label];
}
