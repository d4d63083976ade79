import { globSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Contact, parseContacts } from './directory/contacts.ts';
import { englishOf } from './flows/bundle.ts';
import type { Problem } from './flows/flow.ts';
import {
  type FlowFiles,
  FlowProblems,
  readFlowFiles,
  readServiceLines,
  readTranslations,
} from './flows/store.ts';
import { type Translation, textsWith } from './flows/translation.ts';
import { type Lexicon, type LexiconSource, parseLexicon } from './risk/lexicon.ts';
import type { Texts } from './words.ts';

/** Everything that staff write in files: flows, fixed lines, translations, risk words and contacts. */
export type Content = FlowFiles & {
  /** The fixed lines in English. */
  service: Record<string, string>;
  translations: Translation[];
  /** Every text in every language. */
  texts: Texts;
  /** The languages in which danger is read. */
  riskLanguages: string[];
  lexicon: Lexicon;
  contacts: Contact[];
};

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Where the project's own content stands. */
export const FLOWS_DIR = join(ROOT, 'flows');
export const LOCALES_DIR = join(ROOT, 'locales');

/**
 * Reads the project's own. The examples of the risk words are not run again: `cairn flows check` and the tests do that,
 * and it would double the time of every start. @throws FlowProblems as {@link readContent} does.
 */
export function projectContent(): Content {
  return readContent(FLOWS_DIR, LOCALES_DIR, { examples: false });
}

/** What flows are checked against: all but the risk words. @throws FlowProblems with every problem of every file. */
export function readFlowContent(flowsDir: string, localesDir: string) {
  const contactsFile = 'locales/contacts.yaml';
  const contacts = parseContacts(readFileSync(join(localesDir, 'contacts.yaml'), 'utf8'), contactsFile);
  const problems: Problem[] = [...contacts.problems];
  const service = readServiceLines(localesDir);
  const files = orProblems(() => readFlowFiles(flowsDir, service), problems);
  const translations = orProblems(() => readTranslations(localesDir), problems);
  if (!files || !translations || problems.length > 0) throw new FlowProblems(problems);
  return { ...files, service, translations, contacts: contacts.contacts };
}

/** Reads all of it, and runs the examples of the risk words unless told otherwise. @throws FlowProblems with every problem of every file, with its line; nothing is used then. */
export function readContent(flowsDir: string, localesDir: string, { examples = true } = {}): Content {
  const sources = readRiskFiles(localesDir);
  const risk = parseLexicon(sources, { examples });
  const problems: Problem[] = [...risk.problems];
  const content = orProblems(() => readFlowContent(flowsDir, localesDir), problems);
  if (!content || !risk.lexicon) throw new FlowProblems(problems);
  const { flows, service, translations } = content;
  const texts = textsWith({ service, ...englishOf(flows) }, translations);
  return {
    ...content,
    texts,
    riskLanguages: [...new Set(sources.map(({ language }) => language))],
    lexicon: risk.lexicon,
  };
}

/** The risk words of every language that has them: `<lng>/risk.yaml`, and what stands in `<lng>/risk/` where one file would be too long. */
export function readRiskFiles(localesDir: string): LexiconSource[] {
  return globSync(['*/risk.yaml', '*/risk/*.yaml'], { cwd: localesDir })
    .sort()
    .map(name => ({
      language: name.split(sep)[0] ?? '',
      file: `locales/${name.split(sep).join('/')}`,
      source: readFileSync(join(localesDir, name), 'utf8'),
    }));
}

function orProblems<T>(read: () => T, problems: Problem[]): T | null {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FlowProblems)) throw error;
    problems.push(...error.problems);
    return null;
  }
}
