import i18next, { type i18n } from 'i18next';
import type { Flow } from './flows/flow.ts';

/** Texts by language, then by namespace (`service`, or a flow's name), then by flat key. */
export type Texts = Record<string, Record<string, Record<string, string>>>;

export type Value = string | number;
export type Vars = Record<string, Value>;

export type Words = {
  /**
   * The text for `key` in `language` (English where it is missing), with `vars` filled in: a record, or a function
   * that is asked for each name that the text holds. Nothing is escaped: the web page escapes whatever it shows.
   */
  text(
    namespace: string,
    key: string,
    language: string,
    vars?: Vars | ((name: string) => Value | undefined),
  ): string;
  has(namespace: string, key: string): boolean;
};

/** The language every text exists in. */
export const SOURCE_LANGUAGE = 'en';

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
  return {
    text(ns, key, lng, vars = {}) {
      const raw = texts[lng]?.[ns]?.[key] ?? texts[SOURCE_LANGUAGE]?.[ns]?.[key];
      if (raw !== undefined && !raw.includes('{{')) return raw;
      const given = typeof vars === 'function' ? vars : (name: string) => vars[name];
      const named = [...(raw ?? '').matchAll(/\{\{(\w+)\}\}/g)].flatMap(([, name = '']) => {
        const value = given(name);
        return value === undefined ? [] : [[name, value]];
      });
      return String(instance.t(key, { ...Object.fromEntries(named), ns, lng }));
    },
    has: (ns, key) => texts[SOURCE_LANGUAGE]?.[ns]?.[key] !== undefined,
  };
}

/** The English texts of a flow, under the keys derived from where they stand: `step.say.0`, `step.ask`, `step.choices.yes`. */
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
    for (const choice of kind.choices) texts[`${id}.choices.${choice.id}`] = choice.label;
  }
  return texts;
}
