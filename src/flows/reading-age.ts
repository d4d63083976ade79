import { fleschKincaid } from 'flesch-kincaid';
import { syllable } from 'syllable';

/** The age that every text must be readable at (domain.md (e) 4). */
export const MAX_READING_AGE = 9;

/** A sentence of more words than this is hard to hold in mind for whoever is scared. */
export const MAX_SENTENCE_WORDS = 20;

/** A school grade of the formula, which was made for the USA, is about the age less five. */
const AGE_AT_GRADE_0 = 5;

/** The formula means nothing for a few words: one short prompt comes out below zero. */
const FEWEST_WORDS = 50;

/** Whole sentences, and lists that are made when they are said; whatever else is named is one short word. */
const NAMES_OF_SENTENCES = /\{\{(emergency|person|numbers|services)\}\}/g;
const NAMES_OF_WORDS = /\{\{.*?\}\}/g;

/** The sentences of a text, each as its words, without what is filled in later. For any language. */
export function sentencesIn(text: string): string[][] {
  return text
    .replace(NAMES_OF_SENTENCES, '. ')
    .replace(NAMES_OF_WORDS, 'it')
    .split(/[.!?؟۔…]+(?=\s|$)|\n/u)
    .map(sentence => sentence.match(/[\p{L}\p{N}][\p{L}\p{M}\p{N}'’-]*/gu) ?? [])
    .filter(words => words.length > 0);
}

/** The words of every sentence that is longer than {@link MAX_SENTENCE_WORDS}. */
export function longSentences(text: string): string[][] {
  return sentencesIn(text).filter(words => words.length > MAX_SENTENCE_WORDS);
}

/**
 * The reading age of English texts taken together, in years (Flesch–Kincaid grade + 5), or null when they are too few
 * words to tell. And which of the texts has the hardest sentence: its number in `texts`.
 */
export function readingAge(texts: string[]): { years: number; hardest: number } | null {
  const syllables = syllableCounter();
  const sentences = texts.flatMap((text, of) => sentencesIn(text).map(words => ({ words, of })));
  const counts = sentences.map(({ words }) => ({
    sentence: 1,
    word: words.length,
    syllable: words.reduce((sum, word) => sum + syllables(word), 0),
  }));
  const sum = (what: 'sentence' | 'word' | 'syllable') => counts.reduce((n, count) => n + count[what], 0);
  const all = { sentence: sum('sentence'), word: sum('word'), syllable: sum('syllable') };
  if (all.word < FEWEST_WORDS) return null;
  const grades = counts.map(count => (count.word < 5 ? Number.NEGATIVE_INFINITY : fleschKincaid(count)));
  const hardest = grades.indexOf(Math.max(...grades));
  return { years: fleschKincaid(all) + AGE_AT_GRADE_0, hardest: sentences[hardest]?.of ?? 0 };
}

/** Counts each word once. A number is read as one word of one syllable at least. */
function syllableCounter(): (word: string) => number {
  const known = new Map<string, number>();
  return word => {
    const count = known.get(word) ?? Math.max(1, syllable(word));
    known.set(word, count);
    return count;
  };
}
