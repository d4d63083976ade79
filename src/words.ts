import i18next, { type i18n } from 'i18next';
import type { Flow } from './flows/flow.ts';

/** Texts by language, then by namespace (`service`, or a flow's name), then by flat key. */
export type Texts = Record<string, Record<string, Record<string, string>>>;

export type Value = string | number;
export type Vars = Record<string, Value>;

export type Words = {
  /** The languages that are offered, English first. */
  languages: string[];
  /**
   * The text for `key` in `language` (English where it is missing), with `vars` filled in: a record, or a function
   * that is asked for each name that the text holds. With `count` among them, the plural form that fits. Nothing is
   * escaped: the web page escapes whatever it shows.
   */
  text(
    namespace: string,
    key: string,
    language: string,
    vars?: Vars | ((name: string) => Value | undefined),
  ): string;
  /** The text as it stands in that very language, or undefined. */
  own(namespace: string, key: string, language: string): string | undefined;
  has(namespace: string, key: string): boolean;
};

/** The language every text exists in. */
export const SOURCE_LANGUAGE = 'en';

/** Letters without the accents that phones and haste leave out, and the Arabic ones that people mix, made one. */
export function withoutAccents(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[łŁ]/g, letter => (letter === 'ł' ? 'l' : 'L'))
    .replaceAll('ة', 'ه')
    .replaceAll('ى', 'ي')
    .replaceAll('ـ', '');
}

/** Languages that are written from right to left. */
const RIGHT_TO_LEFT = ['ar', 'fa', 'he', 'ps', 'ur'];

export function directionOf(language: string): 'ltr' | 'rtl' {
  return RIGHT_TO_LEFT.includes(language) ? 'rtl' : 'ltr';
}

/** The plural forms of a key, as i18next names them. */
const PLURAL = /(?<!\.choices(?:_sms)?\..*)_(zero|one|two|few|many|other)$/;

/** Look-ups over a fixed set of texts. Keys are flat: a dot in them means nothing to i18next. */
export function makeWords(texts: Texts): Words {
  const instance: i18n = i18next.createInstance();
  void instance.init({
    resources: texts,
    fallbackLng: SOURCE_LANGUAGE,
    keySeparator: false,
    nsSeparator: false,
    initAsync: false,
    interpolation: { escapeValue: false },
  });
  const own = (ns: string, key: string, lng: string) => texts[lng]?.[ns]?.[key];
  const plural = pluralKeys(texts);
  const others = Object.keys(texts).filter(language => language !== SOURCE_LANGUAGE);
  return {
    languages: [SOURCE_LANGUAGE, ...others.sort()],
    own,
    text(ns, key, lng, vars = {}) {
      const given = typeof vars === 'function' ? vars : (name: string) => vars[name];
      if (plural.has(`${ns} ${key}`)) {
        const count = Number(given('count') ?? 0);
        return String(instance.t(key, { count, ns, lng }));
      }
      const raw = own(ns, key, lng) ?? own(ns, key, SOURCE_LANGUAGE);
      if (raw !== undefined && !raw.includes('{{')) return raw;
      // What was forgotten in the meantime is left out: nobody should read a name in brackets.
      const named = [...(raw ?? '').matchAll(/\{\{(\w+)\}\}/g)].map(([, name = '']) => [
        name,
        given(name) ?? '',
      ]);
      return String(instance.t(key, { ...Object.fromEntries(named), ns, lng }));
    },
    has: (ns, key) => own(ns, key, SOURCE_LANGUAGE) !== undefined,
  };
}

function pluralKeys(texts: Texts): Set<string> {
  const namespaces = Object.entries(texts[SOURCE_LANGUAGE] ?? {});
  return new Set(
    namespaces.flatMap(([ns, keys]) =>
      Object.keys(keys).flatMap(key => (PLURAL.test(key) ? [`${ns} ${key.replace(PLURAL, '')}`] : [])),
    ),
  );
}

/**
 * The keys under which a language says the English key `key`: the plural forms that this language has (Unicode
 * CLDR, as the JavaScript engine knows them) for `…_other`, none for the other English forms, itself for all else.
 */
export function keysIn(language: string, key: string): string[] {
  const form = PLURAL.exec(key);
  if (!form) return [key];
  if (form[1] !== 'other') return [];
  const stem = key.replace(PLURAL, '');
  return new Intl.PluralRules(language).resolvedOptions().pluralCategories.map(rule => `${stem}_${rule}`);
}

/**
 * The English texts of a flow, under the keys derived from where they stand: `step.say.0`, `step.ask`,
 * `step.choices.yes`, and `step.choices.yes.words` for what else means that choice, separated by |.
 */
export function textsOf(flow: Flow): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const { id, say, sms, kind } of flow.steps) {
    say.forEach((text, i) => {
      texts[`${id}.say.${i}`] = text;
    });
    sms.say?.forEach((text, i) => {
      texts[`${id}.say_sms.${i}`] = text;
    });
    if (kind.kind !== 'ask') continue;
    texts[`${id}.ask`] = kind.ask;
    if (sms.ask) texts[`${id}.ask_sms`] = sms.ask;
    for (const choice of kind.choices) {
      texts[`${id}.choices.${choice.id}`] = choice.label;
      if (choice.words.length > 0) texts[`${id}.choices.${choice.id}.words`] = choice.words.join('|');
    }
    for (const [choice, label] of Object.entries(sms.choices)) texts[`${id}.choices_sms.${choice}`] = label;
  }
  return texts;
}
