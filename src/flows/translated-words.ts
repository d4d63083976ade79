import { textsOf } from '../words.ts';
import type { Problem, ReadFlow } from './flow.ts';
import { longSentences, MAX_SENTENCE_WORDS } from './reading-age.ts';
import { type Said, saidIn } from './said.ts';
import {
  filled,
  type Letters,
  MAX_TEXT,
  measureSms,
  named,
  type ServiceLine,
  smsBody,
  strangeLetters,
} from './sms-length.ts';
import { type Standing, standings, type Translation } from './translation.ts';

/** The fixed lines go by the name of a flow among the translations. */
const SERVICE = 'service';

/** Words that are only understood, and fixed lines that no phone gets. */
const NOT_SAID = /^always\.|[Ww]ords$/;
const NOT_BY_SMS = /^page\.|^always\.|[Ww]ords$/;

/** More keys than this are not listed in one sentence. */
const MOST_KEYS = 10;

/** One flow (or the fixed lines) in one other language, beside its English. */
type Translated = {
  namespace: string;
  file: string;
  /** Its English name, for the reader of the warning. */
  language: string;
  isLatin: boolean;
  /** The keys with their standing, all of them. */
  keys: { key: string; standing: Standing }[];
  english: Record<string, string>;
  /** What is said in this language: neither missing nor stale. By key. */
  own: Map<string, string>;
  /** The texts of the flow; none for the fixed lines. */
  said: Said[];
  line: ServiceLine;
};

/**
 * What is wrong with the translations, as one problem for each language, flow and kind of fault. A text that is not
 * said, because its English has changed since, is not looked into.
 * @param service the fixed lines in English
 * @returns `unequal`: texts that do not name what the English names ("{{numbers}}" lost means no numbers); and all `other`
 */
export function translationWarnings(
  reads: ReadFlow[],
  translations: Translation[],
  service: Record<string, string>,
  letters: Letters,
): { unequal: Problem[]; other: Problem[] } {
  const flows = reads.map(({ flow }) => [flow.flow, textsOf(flow)] as const);
  const english = { [SERVICE]: service, ...Object.fromEntries(flows) };
  const said = new Map(reads.map(read => [read.flow.flow, saidIn(read)]));
  const languages = [...new Set(translations.map(({ language }) => language))].sort();
  const all = languages.flatMap(language => translatedInto(language, translations, english, said));
  return {
    unequal: all.flatMap(unequalNames),
    other: [
      ...all.flatMap(translated => lettersAndLengths(translated, letters)),
      ...all.flatMap(longOnes),
      ...all.flatMap(notTranslated),
    ],
  };
}

function translatedInto(
  language: string,
  translations: Translation[],
  english: Record<string, Record<string, string>>,
  said: Map<string, Said[]>,
): Translated[] {
  const byNamespace = Map.groupBy(standings(english, translations, language), ({ namespace }) => namespace);
  const ownOf = (namespace: string) => {
    const found = translations.find(other => other.language === language && other.namespace === namespace);
    const current = (byNamespace.get(namespace) ?? []).filter(
      ({ standing }) => standing === 'draft' || standing === 'done',
    );
    return new Map(current.map(({ key }) => [key, found?.texts[key]?.text ?? '']));
  };
  const lines = ownOf(SERVICE);
  const name = new Intl.DisplayNames(['en'], { type: 'language' }).of(language) ?? language;
  const isLatin = new Intl.Locale(language).maximize().script === 'Latn';
  return [...byNamespace].map(([namespace, keys]) => ({
    namespace,
    file: `locales/${language}/${namespace}.json`,
    isLatin,
    language: name,
    keys,
    english: english[namespace] ?? {},
    own: namespace === SERVICE ? lines : ownOf(namespace),
    said: said.get(namespace) ?? [],
    line: key => lines.get(key) ?? english[SERVICE]?.[key] ?? '',
  }));
}

/** Texts that name something else than the English does: left out, it is never said; made up, it is said as `{{…}}`. */
function unequalNames({ file, language, english, own }: Translated): Problem[] {
  return [...own].flatMap(([key, text]) => {
    const from = english[key] ?? english[key.replace(/_[a-z]+$/, '_other')] ?? '';
    const [wanted, there] = [namesIn(from), namesIn(text)];
    // "One minute" needs no figure.
    const spare = /_(zero|one|two)$/.test(key) ? '{{count}}' : null;
    const lost = [...wanted].filter(name => name !== spare && !there.has(name));
    const strange = [...there].filter(name => !wanted.has(name));
    return [
      ...lost.map(name => `"${key}" in ${language} has lost ${name}, which the English says.`),
      ...strange.map(name => `"${key}" in ${language} names ${name}, which the English does not.`),
    ].map(message => ({ file, line: 1, message }));
  });
}

/** With the brackets, as they stand: i18next fills in nothing else. */
function namesIn(text: string): Set<string> {
  return new Set([...text.matchAll(/\{+[^{}]*\}+/g)].map(([name]) => name));
}

/** Lengths by SMS, and, where the language is written in Latin letters, the letters that make a text twice as long. */
function lettersAndLengths(translated: Translated, letters: Letters): Problem[] {
  const bodies = bySms(translated);
  const long = bodies.filter(({ body }) => !measureSms(body, letters).fits).map(({ key }) => key);
  const strange = translated.isLatin
    ? bodies.filter(({ body }) => strangeLetters(body, letters).length > 0)
    : [];
  const found = [...new Set(strange.flatMap(({ body }) => strangeLetters(body, letters)))];
  const keys = strange.map(({ key }) => key);
  return [
    ...about(translated, keys, `with letters that plain text messages do not have, ${named(found)}`),
    ...about(translated, long, 'longer than two parts by SMS'),
  ];
}

/** The texts in this language that go by SMS, whole. */
function bySms({ namespace, own, said, line }: Translated): { key: string; body: string }[] {
  const inFlow = said
    .filter(({ key, goesTo, what }) => own.has(key) && goesTo !== 'web' && what !== 'label')
    .map(one => ({
      key: one.key,
      body: smsBody(one, said, ({ key, text }) => own.get(key) ?? text, line),
    }));
  const fixed = namespace === SERVICE ? [...own].filter(([key]) => !NOT_BY_SMS.test(key)) : [];
  return [...inFlow, ...fixed.map(([key, text]) => ({ key, body: filled(text, line) }))];
}

function longOnes(translated: Translated): Problem[] {
  const read = [...translated.own].filter(([key]) => !NOT_SAID.test(key));
  const long = read.filter(([, text]) => filled(text, translated.line).length > MAX_TEXT);
  const sentences = read.filter(([, text]) => longSentences(text).length > 0);
  return [
    ...about(
      translated,
      long.map(([key]) => key),
      `of more than ${MAX_TEXT} characters`,
    ),
    ...about(
      translated,
      sentences.map(([key]) => key),
      `with a sentence of more than ${MAX_SENTENCE_WORDS} words`,
    ),
  ];
}

function notTranslated(translated: Translated): Problem[] {
  const { file, language, keys } = translated;
  const of = (wanted: Standing) => keys.filter(({ standing }) => standing === wanted).map(({ key }) => key);
  const missing = of('missing');
  if (missing.length === keys.length)
    return [{ file, line: 1, message: `Nothing of this is in ${language} yet; English is said.` }];
  const stale = of('stale');
  if (missing.length + stale.length === 0) return [];
  const parts = [
    ...(missing.length > 0 ? [`${missing.length} missing (${listed(missing)})`] : []),
    ...(stale.length > 0 ? [`${stale.length} whose English has changed since (${listed(stale)})`] : []),
  ];
  return [
    {
      file,
      line: 1,
      message: `Of ${keys.length} texts in ${language}: ${parts.join(', ')}. English is said for them.`,
    },
  ];
}

function about({ file, language }: Translated, keys: string[], what: string): Problem[] {
  if (keys.length === 0) return [];
  const count = keys.length === 1 ? 'There is 1 text' : `There are ${keys.length} texts`;
  return [{ file, line: 1, message: `${count} in ${language} ${what}: ${listed(keys)}.` }];
}

function listed(keys: string[]): string {
  const more = keys.length - MOST_KEYS;
  return [...keys.slice(0, MOST_KEYS), ...(more > 0 ? [`and ${more} more`] : [])].join(', ');
}
