import { blameIn, promisesIn } from './blame.ts';
import type { Problem, ReadFlow } from './flow.ts';
import { longSentences, MAX_READING_AGE, MAX_SENTENCE_WORDS, readingAge } from './reading-age.ts';
import { type Said, saidIn } from './said.ts';
import {
  dearLetters,
  filled,
  type Letters,
  MAX_TEXT,
  makeLetters,
  measureSms,
  named,
  type ServiceLine,
  type Sms,
  smsBody,
  strangeLetters,
} from './sms-length.ts';
import { translationWarnings } from './translated-words.ts';
import type { Translation } from './translation.ts';

const SERVICE_FILE = 'locales/en/service.json';

/**
 * What is wrong with the words, and does not stop publishing: variables that a translation has lost, promises, blame,
 * letters and lengths that SMS makes dear, long texts and sentences, reading age, what is not translated.
 * @param service the fixed lines in English
 * @returns the gravest kind first
 */
export function warningsOf(
  reads: ReadFlow[],
  translations: Translation[],
  service: Record<string, string>,
): Problem[] {
  const letters = makeLetters();
  const line = serviceLine(service);
  const { unequal, other } = translationWarnings(reads, translations, service, letters);
  const words = reads.map(wordsOf);
  return [
    ...unequal,
    ...words.flatMap(texts => texts.flatMap(unkind)),
    ...serviceWords(service).flatMap(unkind),
    ...reads.flatMap(read => smsWarnings(read, line, letters)),
    ...words.flatMap(texts => texts.flatMap(longSentence)),
    ...serviceWords(service).flatMap(longSentence),
    ...words.flatMap(tooHard),
    ...other,
  ];
}

/**
 * What stops publishing: on a step marked `safety`, a text that does not go to a phone in two parts of the SMS
 * alphabet (GSM-7) in English: any text, or a question together with its numbered options and "Talk to a person".
 * Marks that are made straight on the way (turn.ts) are only warned of.
 * @param service the fixed lines in English
 */
export function smsProblems(reads: ReadFlow[], service: Record<string, string>): Problem[] {
  const letters = makeLetters();
  return reads.flatMap(read =>
    measured(read, serviceLine(service), letters).flatMap(({ said, body, sms }) => {
      if (!said.step.marks.includes('safety')) return [];
      const at = { file: read.file, line: read.lineOf(said.path) };
      const strange = strangeLetters(body, letters);
      if (strange.length > 0)
        return [
          {
            ...at,
            message: `On the safety step "${said.step.id}" nothing may stand that plain text messages do not have: ${named(strange)}.`,
          },
        ];
      return sms.fits
        ? []
        : [{ ...at, message: `${tooLong(said, sms)} On a safety step that stops publishing.` }];
    }),
  );
}

/** The English texts that go by SMS, whole, with their measure. Labels go with their question. */
function measured(read: ReadFlow, line: ServiceLine, letters: Letters) {
  const all = saidIn(read);
  return all
    .filter(said => said.goesTo !== 'web' && said.what !== 'label')
    .map(said => {
      const body = smsBody(said, all, ({ text }) => text, line);
      return { said, body, sms: measureSms(body, letters) };
    });
}

function tooLong({ step, what }: Said, { places, room }: Sms): string {
  const part = what === 'ask' ? 'The question with its choices' : 'The text';
  return `${part} in "${step.id}" has ${places} characters by SMS; ${room} fit into two parts. Make it shorter, or write shorter words under "sms".`;
}

/** Letters and lengths that SMS makes dear. What smsProblems says is not said again. */
function smsWarnings(read: ReadFlow, line: ServiceLine, letters: Letters): Problem[] {
  const at = (said: Said) => ({ file: read.file, line: read.lineOf(said.path) });
  const all = saidIn(read);
  const texts = measured(read, line, letters);
  const tooDear = texts.filter(({ said, sms }) => !sms.fits && !said.step.marks.includes('safety'));
  const isLong = new Set(texts.filter(({ sms }) => !sms.fits).map(({ said }) => said.key));
  const long = all.filter(said => !isLong.has(said.key) && filled(said.text, line).length > MAX_TEXT);
  return [
    ...all
      .filter(({ goesTo }) => goesTo !== 'web')
      .flatMap(said => {
        const stops = said.step.marks.includes('safety') ? strangeLetters(said.text, letters) : [];
        const dear = dearLetters(said.text, letters).filter(letter => !stops.includes(letter));
        return dear.length > 0 ? [{ ...at(said), message: dearWords(said, dear) }] : [];
      }),
    ...tooDear.map(({ said, sms }) => ({ ...at(said), message: tooLong(said, sms) })),
    ...long.map(said => ({
      ...at(said),
      message: `The text in "${said.step.id}" has ${filled(said.text, line).length} characters; more than ${MAX_TEXT} are not read to the end.`,
    })),
  ];
}

function dearWords({ step }: Said, dear: string[]): string {
  return `In "${step.id}" stands what plain text messages do not have: ${named(dear)}. It can make a text twice as long. Use straight quotes and the short dash.`;
}

/** An English text, and where it stands. */
type Words = { name: string; text: string; isLabel: boolean; file: string; line(): number };

function wordsOf(read: ReadFlow): Words[] {
  return saidIn(read).map(said => ({
    name: said.step.id,
    text: said.text,
    isLabel: said.what === 'label',
    file: read.file,
    line: () => read.lineOf(said.path),
  }));
}

/** The fixed lines that are said; lists of words that are only understood are left out. */
function serviceWords(service: Record<string, string>): Words[] {
  return Object.entries(service)
    .filter(([key]) => !/^always\.|Words$/.test(key))
    .map(([name, text]) => ({ name, text, isLabel: false, file: SERVICE_FILE, line: () => 1 }));
}

/** Promises that nobody can keep, and blame. A label is what the young person says: they promise nothing. */
function unkind({ name, text, isLabel, file, line }: Words): Problem[] {
  const promises = isLabel ? [] : promisesIn(text);
  return [
    ...promises.map(words => ({
      file,
      line: line(),
      message: `"${name}" promises what nobody can keep: "${words}". Say what happens next, and what we cannot do.`,
    })),
    ...blameIn(text).map(({ words, instead }) => ({
      file,
      line: line(),
      message: `"${name}" says "${words}", which puts the blame on a child. ${instead}`,
    })),
  ];
}

function longSentence({ name, text, file, line }: Words): Problem[] {
  return longSentences(text).map(words => ({
    file,
    line: line(),
    message: `A sentence in "${name}" has ${words.length} words, from "${words.slice(0, 4).join(' ')}" on; ${MAX_SENTENCE_WORDS} are the most.`,
  }));
}

/** The texts of a flow are scored together; labels are no sentences and would make it look easier than it is. */
function tooHard(texts: Words[]): Problem[] {
  const sentences = texts.filter(({ isLabel }) => !isLabel);
  const age = readingAge(sentences.map(({ text }) => text));
  const hardest = age && sentences[age.hardest];
  // As it is shown, so that nobody reads "9.0 is more than 9".
  if (!hardest || Number(age.years.toFixed(1)) <= MAX_READING_AGE) return [];
  return [
    {
      file: hardest.file,
      line: hardest.line(),
      message: `This flow needs a reading age of ${age.years.toFixed(1)}; it must be ${MAX_READING_AGE} or less. Use shorter sentences and shorter words. The hardest sentence stands here, in "${hardest.name}".`,
    },
  ];
}

function serviceLine(service: Record<string, string>): ServiceLine {
  return key => service[key] ?? '';
}
