import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Contact, parseContacts } from './directory/contacts.ts';
import type { Flow } from './flows/flow.ts';
import { FlowProblems, readFlowFiles, readServiceLines } from './flows/store.ts';
import { type Lexicon, parseLexicon } from './risk/lexicon.ts';

/** Everything that staff write in files: flows, fixed lines, risk words and contacts. */
export type Content = {
  flows: Flow[];
  service: Record<string, Record<string, string>>;
  lexicon: Lexicon;
  contacts: Contact[];
};

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Reads the project's own. @throws FlowProblems as {@link readContent} does. */
export function projectContent(): Content {
  return readContent(join(ROOT, 'flows'), join(ROOT, 'locales'));
}

/** Reads all of it. @throws FlowProblems with every problem of every file, with its line; nothing is used then. */
export function readContent(flowsDir: string, localesDir: string): Content {
  const contactsFile = 'locales/contacts.yaml';
  const contacts = parseContacts(readFileSync(join(localesDir, 'contacts.yaml'), 'utf8'), contactsFile);
  const languages = readdirSync(localesDir).filter(name => existsSync(join(localesDir, name, 'risk.yaml')));
  const risk = parseLexicon(
    languages.map(language => ({
      language,
      file: `locales/${language}/risk.yaml`,
      source: readFileSync(join(localesDir, language, 'risk.yaml'), 'utf8'),
    })),
  );
  let flowProblems: FlowProblems['problems'] = [];
  try {
    const flows = readFlowFiles(flowsDir);
    if (contacts.problems.length === 0 && risk.lexicon) {
      return {
        flows,
        contacts: contacts.contacts,
        lexicon: risk.lexicon,
        service: readServiceLines(localesDir),
      };
    }
  } catch (error) {
    if (!(error instanceof FlowProblems)) throw error;
    flowProblems = error.problems;
  }
  throw new FlowProblems([...flowProblems, ...contacts.problems, ...risk.problems]);
}
