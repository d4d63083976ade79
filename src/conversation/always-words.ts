import { type Words, withoutAccents } from '../words.ts';

/**
 * The words that work at every step and on every channel, whatever a flow says: the whole message and nothing
 * else (DESIGN section 4). `person` is HELP and HUMAN; `language.cy` is the name of a language.
 */
export type Always = (typeof ALWAYS)[number] | `language.${string}`;

const ALWAYS = ['person', 'stop', 'start', 'exit', 'delete', 'back', 'menu'] as const;

/** No word that always works is longer, in characters. */
const LONGEST = 40;

/**
 * Which of these words a message is, or null. They stand in the fixed lines of every offered language as
 * `always.person` and so on, separated by |, and are known in all of them at once.
 */
export function alwaysWord(said: string, words: Words): Always | null {
  const whole = plain(said);
  if (whole.length === 0 || whole.length > LONGEST) return null;
  return readWords(words).get(whole) ?? null;
}

/** Without case, marks at the end, and the accents that phones leave out. */
function plain(said: string): string {
  return withoutAccents(said)
    .trim()
    .toLowerCase()
    .replace(/[.!?؟]+$/, '')
    .trim();
}

/** The lists, read once for each set of texts. */
const read = new WeakMap<Words, Map<string, Always>>();

function readWords(words: Words): Map<string, Always> {
  const known = read.get(words);
  if (known) return known;
  const made = new Map<string, Always>();
  const add = (key: string, language: string, always: Always) => {
    for (const word of words.own('service', key, language)?.split('|') ?? [])
      if (!made.has(plain(word))) made.set(plain(word), always);
  };
  // English first: a word that another language uses otherwise keeps its English meaning.
  for (const language of words.languages) {
    for (const always of ALWAYS) add(`always.${always}`, language, always);
    add('always.language', language, `language.${language}`);
  }
  read.set(words, made);
  return made;
}
