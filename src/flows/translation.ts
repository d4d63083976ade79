import { z } from 'zod';
import { fingerprint } from '../fingerprint.ts';
import { keysIn, SOURCE_LANGUAGE, type Texts } from '../words.ts';
import type { Problem } from './flow.ts';

/**
 * The texts of one flow (or of the service) in one other language. Each says of which English it is the translation,
 * so that it is known when the English has changed since. `approved: false` marks a draft that nobody who speaks
 * the language has read.
 */
export type Translation = {
  language: string;
  /** A flow's name, or `service`. */
  namespace: string;
  approved: boolean;
  texts: Record<string, Translated>;
};
export type Translated = { of: string; text: string };

const translationFile = z.strictObject({
  approved: z.boolean(),
  texts: z.record(z.string(), z.strictObject({ of: z.string(), text: z.string().min(1) })),
});

/** Reads `locales/<language>/<namespace>.json`. @returns the translation, or what is wrong with the file. */
export function readTranslation(
  source: string,
  file: string,
): { translation: Translation; problems: [] } | { translation: null; problems: Problem[] } {
  const refuse = (message: string) => ({ translation: null, problems: [{ file, line: 1, message }] });
  let json: unknown;
  try {
    json = JSON.parse(source);
  } catch {
    return refuse('This is not a JSON file: a comma, a quote or a bracket is missing.');
  }
  const parsed = translationFile.safeParse(json);
  if (!parsed.success) {
    const where = parsed.error.issues[0]?.path.join(' > ') ?? '';
    return refuse(
      `"${where}" is not written as a translation is: "approved", and "texts" with "of" and "text".`,
    );
  }
  const [, language = '', namespace = ''] = /([^/]+)\/([^/]+)\.json$/.exec(file) ?? [];
  return { translation: { language, namespace, ...parsed.data }, problems: [] };
}

/** By which the English of a translation is known again. */
export function sourceOf(english: string): string {
  return fingerprint(english).slice(0, 8);
}

export type Standing = 'missing' | 'stale' | 'draft' | 'done';

/** How each text of `language` stands beside the English: by namespace and key. */
export function standings(
  english: Record<string, Record<string, string>>,
  translations: Translation[],
  language: string,
): { namespace: string; key: string; standing: Standing }[] {
  return Object.entries(english).flatMap(([namespace, texts]) => {
    const own = translations.find(other => other.language === language && other.namespace === namespace);
    return Object.entries(texts).flatMap(([source, text]) =>
      keysIn(language, source).map(key => {
        const translated = own?.texts[key];
        return { namespace, key, standing: standingOf(translated, text, own?.approved ?? false) };
      }),
    );
  });
}

function standingOf(translated: Translated | undefined, english: string, approved: boolean): Standing {
  if (!translated) return 'missing';
  if (translated.of !== sourceOf(english)) return 'stale';
  return approved ? 'done' : 'draft';
}

/**
 * All texts as the engine looks them up. A text whose English has changed since is left out, so that English is said:
 * a true sentence in another language is better than a false one in theirs.
 */
export function textsWith(
  english: Record<string, Record<string, string>>,
  translations: Translation[],
): Texts {
  const texts: Texts = { [SOURCE_LANGUAGE]: english };
  for (const { language, namespace, texts: own } of translations) {
    const source = Object.entries(english[namespace] ?? {});
    const current = source.flatMap(([from, text]) =>
      keysIn(language, from).flatMap(key => {
        const translated = own[key];
        return translated && translated.of === sourceOf(text) ? [[key, translated.text]] : [];
      }),
    );
    const others = texts[language] ?? {};
    others[namespace] = Object.fromEntries(current);
    texts[language] = others;
  }
  return texts;
}
