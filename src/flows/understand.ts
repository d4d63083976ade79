import { withoutAccents } from '../words.ts';

/**
 * What somebody meant who answered a question: by number, by the words of a choice, by emoji, or misspelt.
 * Never a guess between two: what could mean both means neither.
 */
export type Option = {
  id: string;
  label: string;
  words: string[];
  /** What is not shown has no number. */
  shown: boolean;
};

/** Letters that may be wrong, by the length of the word: short words are too near to one another. */
const slipsIn = (word: string) => (word.length >= 8 ? 2 : word.length >= 5 ? 1 : 0);

/**
 * How an answer is read. `exactly`: only an option's number or its whole words mean it, because the question takes
 * other words too. `carefully`: who denies ("I do not think I am safe") has not said what their words hold.
 */
export type Manner = { exactly?: boolean; carefully?: boolean };

/** Short words such as "no" or "nie" mean a choice in a message of so many words; in a longer one they mean anything. */
const SHORT_MESSAGE = 3;
const SHORT_WORD = 3;

/** Words that deny, in every language that is offered. Whoever adds a language adds its own. */
const DENIALS = new Set(
  `not no never dont doesnt didnt cant cannot isnt arent wasnt wont aint nobody nothing
   nie nigdy nikt ddim dim nid nad byth na لا ليس لست ليست مش مو ما لم لن`.split(/\s+/),
);

/**
 * @param options in the order in which they were shown, numbered from 1.
 * @returns the id of the option meant, or null.
 */
export function understand(said: string, options: Option[], manner: Manner = {}): string | null {
  const words = plain(said);
  const numbered = /^\d{1,2}$/.test(words) && options.filter(({ shown }) => shown)[Number(words) - 1];
  if (numbered) return numbered.id;
  const only = (found: Option[]) => (found.length === 1 ? (found[0]?.id ?? null) : null);
  const phrases = new Map(options.map(option => [option, [option.label, ...option.words].map(plainPhrase)]));
  const phrasesOf = (option: Option) => phrases.get(option) ?? [];
  const whole = options.filter(option => phrasesOf(option).includes(words));
  if (whole.length > 0 || manner.exactly) return only(whole);
  // Every phrase counts here, the short ones too: who says "yes" and "no" in one breath has said neither.
  const held = options.filter(option => phrasesOf(option).some(phrase => holds(words, phrase)));
  if (held.length > 1) return null;
  const short = words.split(' ').length <= SHORT_MESSAGE;
  const counts = (phrase: string) =>
    phrase.length > (short ? SHORT_WORD - 1 : SHORT_WORD) &&
    holds(words, phrase) &&
    !(manner.carefully && denies(words, phrase));
  return (
    only(held.filter(option => phrasesOf(option).some(counts))) ??
    only(options.filter(option => phrasesOf(option).some(phrase => isSlip(words, phrase))))
  );
}

/** Whether what stands around `phrase` denies. */
function denies(words: string, phrase: string): boolean {
  const around = ` ${words} `.replace(` ${phrase} `, ' ').split(' ');
  return around.some(word => DENIALS.has(word));
}

/** Whether `words` is `phrase` misspelt: no more letters wrong than the whole allows, nor than each word of it does. */
function isSlip(words: string, phrase: string): boolean {
  if (slips(words, phrase) > slipsIn(phrase)) return false;
  const [written, meant] = [words.split(' '), phrase.split(' ')];
  if (written.length !== meant.length) return true;
  return meant.every((word, i) => slips(written[i] ?? '', word) <= Math.max(1, slipsIn(word)));
}

/** The phrases of our own flows, made plain once. What a young person writes is never kept here. */
const plainPhrases = new Map<string, string>();
const MOST_PHRASES = 10_000;

function plainPhrase(phrase: string): string {
  const known = plainPhrases.get(phrase);
  if (known !== undefined) return known;
  if (plainPhrases.size >= MOST_PHRASES) plainPhrases.clear();
  const made = plain(phrase);
  plainPhrases.set(phrase, made);
  return made;
}

/** Lower case, without accents, marks and doubled spaces; emoji stay. */
function plain(text: string): string {
  return withoutAccents(text)
    .replace(/\uFE0F|['’]/gu, '')
    .replace(/[٠-٩۰-۹]/g, digit => String((digit.codePointAt(0) ?? 0) % 16))
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{Extended_Pictographic}]+/gu, ' ')
    .trim();
}

function holds(words: string, phrase: string): boolean {
  return ` ${words} `.includes(` ${phrase} `);
}

/** Damerau-Levenshtein distance (optimal string alignment), or a large number when the lengths are far apart. */
function slips(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return Number.POSITIVE_INFINITY;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
