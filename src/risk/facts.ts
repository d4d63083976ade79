import type { Outcome } from './context.ts';

/**
 * What a finding says besides how serious it is, kept apart from it, so that a worker reads it at a glance.
 * `when` is null where nothing tells; `age` in years, of whoever the message is about.
 */
export type Facts = {
  about: 'self' | 'other' | 'unknown';
  when: 'now' | 'past' | null;
  /** A means or a weapon stands near what was found. */
  means: boolean;
  /** A time stands near it ("tonight"). */
  timing: boolean;
  age: number | null;
  /** BCP 47, of the words that were found; null where none were. */
  language: string | null;
};

export const NO_FACTS: Facts = {
  about: 'unknown',
  when: null,
  means: false,
  timing: false,
  age: null,
  language: null,
};

const SELF = /(?<!\p{L})(i|im|ive|id|ill|me|myself|meself)(?!\p{L})/iu;
const OTHER =
  /(?<!\p{L})(she|shes|he|hes|her|him|they|theyre|them|(my|a|this) (best )?(friend|mate|m8|bestie|pal|bf|gf|boyfriend|girlfriend|sister|brother|sis|bro|cousin|mum|mam|dad|nan))(?!\p{L})/iu;
/** So much before a match may say whom it is about, in characters. */
const BEFORE = 40;
const AGE = /(?<!\d)(\d{1,2})(?!\d)/;
/** Times inside a match; those beside it are named in `applied`. */
const SOON = /(?<!\p{L})(tonight|2nite|now|today|2day|this (morning|evening|afternoon))(?!\p{L})/iu;
const NOW = ['time', 'now', 'present', 'injury', 'held'];

/**
 * The facts of what was found in `text`, strongest first.
 * @param asked whose age the bot asked for, when this message answers that
 */
export function factsOf(text: string, outcomes: Outcome[]): Facts {
  const [first] = outcomes;
  if (!first) return NO_FACTS;
  const applied = outcomes.flatMap(outcome => outcome.applied.map(name => name.split(':')[0] ?? ''));
  const around = text.slice(Math.max(0, first.start - BEFORE), first.end);
  const said = text.slice(first.start, first.end);
  const soon = SOON.test(said);
  const ofAge = outcomes.find(({ rule }) => rule.category === 'under13');
  const age = ofAge && AGE.exec(text.slice(ofAge.start, ofAge.end))?.[1];
  return {
    about: SELF.test(said) ? 'self' : OTHER.test(around) ? 'other' : SELF.test(around) ? 'self' : 'unknown',
    when: applied.includes('past') ? 'past' : soon || applied.some(name => NOW.includes(name)) ? 'now' : null,
    means: applied.some(name => name === 'means' || name === 'weapon'),
    timing: soon || applied.includes('time'),
    age: age ? Number(age) : null,
    language: first.rule.id.split(/[: ]/)[0] ?? null,
  };
}
