import { parseArgs } from 'node:util';
import type { Database } from '../database/database.ts';
import {
  type Approvable,
  approvalHash,
  approve,
  readApprovals,
  safetyTexts,
  textsIn,
} from '../flows/approvals.ts';
import { englishOf } from '../flows/bundle.ts';
import type { Flow } from '../flows/flow.ts';
import { readFlowFiles, readServiceLines, readTranslations } from '../flows/store.ts';
import { standings, type Translation } from '../flows/translation.ts';
import { keysIn, SOURCE_LANGUAGE } from '../words.ts';
import {
  countStandings,
  languagesOf,
  OWN,
  orProblems,
  type Project,
  printProblems,
  withDatabase,
} from './project.ts';

/** What `approve` is asked to look at. */
type Choice = { languages: string[]; flow: string | undefined; safety: boolean };

/**
 * Lists the texts that are not approved, or approves them with `--yes` in the name of WHO. English, unless languages are
 * named: nobody approves by accident what they cannot read.
 */
export async function approveTexts(words: string[], project = OWN): Promise<number> {
  const { values } = parseArgs({
    args: words,
    options: {
      language: { type: 'string', multiple: true },
      flow: { type: 'string' },
      safety: { type: 'boolean' },
      by: { type: 'string' },
      yes: { type: 'boolean' },
      json: { type: 'boolean' },
    },
  });
  const { found: texts, problems } = orProblems(() => readTexts(project));
  if (!texts) {
    printProblems(problems);
    return 1;
  }
  const choice = {
    languages: values.language ?? [SOURCE_LANGUAGE],
    flow: values.flow,
    safety: values.safety ?? false,
  };
  const by = values.by?.trim() ?? '';
  const misuse = misuseOf(choice, texts) ?? (values.yes && !by ? 'Say who approves: --by NAME.' : null);
  if (misuse) {
    console.error(misuse);
    return 2;
  }
  const { ready, drafts } = chosen(choice, texts);
  const draftsSay = draftSentence(drafts);
  if (values.yes && draftsSay) {
    console.error(draftsSay);
    return 1;
  }
  return withDatabase(project, async ({ db }) => {
    const waiting = await unapproved(db, ready);
    if (!values.yes) {
      if (values.json) console.log(JSON.stringify({ texts: waiting, drafts }));
      else printWaiting(waiting, draftsSay, words);
      return 0;
    }
    const approved = await approve(db, waiting, by, Date.now());
    const missing = await stillMissing(db, texts);
    if (values.json) console.log(JSON.stringify({ approved, missing }));
    else console.log([`${count(approved)} newly approved by ${by}.`, ...missing].join('\n'));
    return 0;
  });
}

type ProjectTexts = { flows: Flow[]; service: Record<string, string>; translations: Translation[] };

function readTexts({ flowsDir, localesDir }: Project): ProjectTexts {
  const service = readServiceLines(localesDir);
  const { flows } = readFlowFiles(flowsDir, service);
  return { flows, service, translations: readTranslations(localesDir) };
}

function misuseOf({ languages, flow }: Choice, { flows, translations }: ProjectTexts): string | null {
  const known = [SOURCE_LANGUAGE, ...languagesOf(translations)];
  const strange = languages.find(language => !known.includes(language));
  if (strange !== undefined) return `There is no language "${strange}". There are: ${known.join(', ')}.`;
  const names = ['service', ...flows.map(({ flow: name }) => name)];
  return flow === undefined || names.includes(flow)
    ? null
    : `There is no flow "${flow}". There are: ${names.join(', ')}.`;
}

/** The texts that may be approved, and the files among the chosen ones that nobody fluent has read. */
function chosen({ languages, flow, safety }: Choice, texts: ProjectTexts) {
  const { flows, service, translations } = texts;
  const english = { service, ...englishOf(flows) };
  const safe = safetyTexts(flows, service);
  const ready: Approvable[] = [];
  const drafts = new Set<string>();
  for (const language of languages) {
    const isSafety = new Set(
      safe.flatMap(({ namespace, key }) => keysIn(language, key).map(own => `${namespace} ${own}`)),
    );
    const standing = new Map(
      standings(english, translations, language).map(({ namespace, key, standing: how }) => [
        `${namespace} ${key}`,
        how,
      ]),
    );
    for (const text of textsIn(language, flows, service, translations)) {
      const place = `${text.namespace} ${text.key}`;
      if ((flow && text.namespace !== flow) || (safety && !isSafety.has(place))) continue;
      // A translation of words that are no longer said in English is not said either.
      const how = language === SOURCE_LANGUAGE ? 'done' : standing.get(place);
      if (how === 'done') ready.push(text);
      if (how === 'draft') drafts.add(`locales/${language}/${text.namespace}.json`);
    }
  }
  return { ready, drafts: [...drafts] };
}

async function unapproved(db: Database['db'], texts: Approvable[]): Promise<Approvable[]> {
  const rows = await db.selectFrom('approval').select('hash').execute();
  const approved = new Set(rows.map(({ hash }) => hash));
  return texts.filter(text => !approved.has(approvalHash(text)));
}

function draftSentence(drafts: string[]): string | null {
  if (drafts.length === 0) return null;
  return `${drafts.length === 1 ? 'This is a draft' : 'These are drafts'}: ${drafts.join(', ')}. Somebody who is fluent in the language must read it first, and set "approved": true in it.`;
}

function printWaiting(waiting: Approvable[], drafts: string | null, words: string[]): void {
  const who = words.some(word => word.startsWith('--by')) ? [] : ['--by NAME'];
  const groups = Map.groupBy(waiting, ({ language, namespace }) => `${named(language)}, ${namespace}`);
  for (const [group, texts] of groups) {
    console.log(`${group}: ${count(texts.length)}`);
    for (const { key, text } of texts) console.log(`  ${key}  ${text.replaceAll('\n', ' ⏎ ')}`);
  }
  if (waiting.length === 0) console.log('No text is waiting to be approved.');
  else
    console.log(
      `\n${count(waiting.length)} in all. Who has read them approves them by: cairn flows approve ${[...words, ...who, '--yes'].join(' ')}`,
    );
  if (drafts) console.log(drafts);
}

/** What production still waits for, in sentences. */
async function stillMissing(db: Database['db'], { flows, service, translations }: ProjectTexts) {
  const { unapprovedSafety, offered } = await readApprovals(db, flows, service, translations);
  const english = { service, ...englishOf(flows) };
  const missing: string[] = [];
  for (const language of languagesOf(translations).filter(other => !offered.includes(other))) {
    const { missing: none, stale, draft } = countStandings(english, translations, language);
    const choice = { languages: [language], flow: undefined, safety: false };
    const waiting = await unapproved(db, chosen(choice, { flows, service, translations }).ready);
    missing.push(
      `${named(language)} is not offered yet: ${none} missing, ${stale} stale, ${draft} draft, ${waiting.length} not approved.`,
    );
  }
  const start =
    unapprovedSafety.length > 0
      ? `Production does not start yet: ${count(unapprovedSafety.length)} of safety steps and fixed lines in English are not approved.`
      : 'Production may start: every safety step and fixed line in English is approved.';
  return [start, `Offered: ${offered.map(named).join(', ')}.`, ...missing];
}

function count(texts: number): string {
  return texts === 1 ? '1 text' : `${texts} texts`;
}

/** "Welsh (cy)" of "cy". */
function named(language: string): string {
  return `${new Intl.DisplayNames(['en'], { type: 'language' }).of(language) ?? language} (${language})`;
}
