import { keysIn, textsOf } from '../words.ts';
import type { Flow } from './flow.ts';
import { sourceOf, type Translated, type Translation } from './translation.ts';

/**
 * The English texts of a flow as translators get them: the content of `locales/en/<flow>.json`, every text by its key
 * in the order of the flow file.
 */
export function extractTexts(flow: Flow): string {
  return writeJson(textsOf(flow));
}

/** The content of `locales/<language>/<flow>.json`. */
export function writeTranslation({ approved, texts }: Translation): string {
  return writeJson({ approved, texts });
}

function writeJson(content: object): string {
  return `${JSON.stringify(content, null, 2)}\n`;
}

/**
 * Brings a translation up to the flow as it is now: texts of steps that were renamed (`was:`) come along under their
 * new keys, and texts of which there is no English any more go. What is translated, and of which English, stays as it
 * is; a key keeps its place.
 * @param translation of this very flow
 * @returns it, changed or the same one
 */
export function carryOver(flow: Flow, translation: Translation): Translation {
  const sources = new Map(
    Object.entries(textsOf(flow)).flatMap(([source, text]) =>
      keysIn(translation.language, source).map(key => [key, sourceOf(text)]),
    ),
  );
  const newIds = renamedSteps(flow);
  const texts = new Map<string, Translated>();
  // Of two texts for one place (two steps became one), the one of today's English is kept, or else the one that is there.
  const worth = (text: Translated | undefined, key: string) =>
    text ? Number(text.of === sources.get(key)) * 2 + Number(text === translation.texts[key]) : -1;
  for (const [key, text] of Object.entries(translation.texts)) {
    const place = sources.has(key) ? key : underNewId(key, newIds);
    if (sources.has(place) && worth(text, place) > worth(texts.get(place), place)) texts.set(place, text);
  }
  const isSame =
    texts.size === Object.keys(translation.texts).length &&
    [...texts].every(([key, text]) => translation.texts[key] === text);
  return isSame ? translation : { ...translation, texts: Object.fromEntries(texts) };
}

/** The id now of every id that a step had before and that no step has now. */
function renamedSteps({ steps }: Flow): Map<string, string> {
  const taken = new Set(steps.map(({ id }) => id));
  return new Map(steps.flatMap(({ id, was }) => was.filter(old => !taken.has(old)).map(old => [old, id])));
}

function underNewId(key: string, newIds: Map<string, string>): string {
  const [step = '', ...rest] = key.split('.');
  return [newIds.get(step) ?? step, ...rest].join('.');
}
