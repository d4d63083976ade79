import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readFlowContent } from '../content.ts';
import { englishOf } from '../flows/bundle.ts';
import { diffFlows as changesBetween } from '../flows/diff.ts';
import { carryOver, extractTexts as englishTexts, writeTranslation } from '../flows/extract.ts';
import { type Flow, readFlow } from '../flows/flow.ts';
import { formatFlow } from '../flows/format.ts';
import { warningsOf } from '../flows/readable.ts';
import { readFlowFiles, readServiceLines, readTranslations } from '../flows/store.ts';
import type { Translation } from '../flows/translation.ts';
import { SOURCE_LANGUAGE } from '../words.ts';
import {
  countStandings,
  languagesOf,
  OWN,
  orProblems,
  type Project,
  printProblems,
  withDatabase,
} from './project.ts';

/** Prints what stops the flows from being used, then what should be better. @returns 1 when anything stops them. */
export function checkFlowsCommand(words: string[], project = OWN): number {
  const { values } = parseArgs({ args: words, options: { json: { type: 'boolean' } } });
  const began = performance.now();
  const { found, problems } = orProblems(() => checked(project));
  const ms = Math.round(performance.now() - began);
  const result =
    problems.length === 0
      ? 'no problem'
      : problems.length === 1
        ? '1 problem'
        : `${problems.length} problems`;
  if (values.json) console.log(JSON.stringify({ ...found, problems, ms }));
  else {
    printProblems(problems);
    for (const { file, line, message } of found?.warnings ?? [])
      console.log(`${file}:${line}  Better: ${message}`);
    console.log(`${found ? counted(found) : 'Nothing can be used as it is'}: ${result}. ${ms} ms.`);
  }
  return problems.length > 0 ? 1 : 0;
}

type Checked = ReturnType<typeof checked>;

function checked({ flowsDir, localesDir }: Project) {
  const { flows, reads, service, translations, contacts } = readFlowContent(flowsDir, localesDir);
  const english = { service, ...englishOf(flows) };
  const languages = languagesOf(translations).map(language => ({
    language,
    ...countStandings(english, translations, language),
  }));
  const steps = flows.reduce((sum, flow) => sum + flow.steps.length, 0);
  return {
    flows: flows.length,
    steps,
    contacts: contacts.length,
    languages,
    warnings: warningsOf(reads, translations, service),
  };
}

function counted({ flows, steps, contacts, languages, warnings }: Checked): string {
  const others = languages.map(
    ({ language, missing, stale, draft, done }) =>
      `${language} (${missing} missing, ${stale} stale, ${draft} draft, ${done} done)`,
  );
  const better = warnings.length > 0 ? `, ${warnings.length} could be better` : '';
  return `${flows} flows with ${steps} steps, ${contacts} contacts, in ${[SOURCE_LANGUAGE, ...others].join(', ')}${better}`;
}

/** Tells what changed between two sets of flows: folders, single files, or bundles by their hash. */
export async function diffFlows(words: string[], project = OWN): Promise<number> {
  const { values, positionals } = parseArgs({
    args: words,
    options: { json: { type: 'boolean' } },
    allowPositionals: true,
  });
  const [a, b] = positionals;
  if (!a || !b || positionals.length > 2) {
    console.error(
      'Say which two to compare: cairn flows diff A B. Each is a folder, a flow file, or the hash of a bundle.',
    );
    return 2;
  }
  const sides = [await sourcesAt(a, project), await sourcesAt(b, project)];
  const lost = sides.flatMap(side => (typeof side === 'string' ? [side] : []));
  if (lost.length > 0) {
    console.error(lost.join('\n'));
    return 2;
  }
  const reads = sides.map(side =>
    typeof side === 'string' ? [] : Object.entries(side).map(([file, source]) => readFlow(source, file)),
  );
  const problems = reads.flat().flatMap(read => read.problems);
  if (problems.length > 0) {
    printProblems(problems);
    return 1;
  }
  const [before = [], after = []] = reads.map(side => side.flatMap(({ read }) => read?.flow ?? []));
  const changes = changesBetween(...alike(before, after, [isFile(a), isFile(b)]));
  console.log(values.json ? JSON.stringify({ changes }) : changes.join('\n'));
  return 0;
}

/** One file beside a whole set is compared with that flow of the set. */
function alike(before: Flow[], after: Flow[], [one, other]: [boolean, boolean]): [Flow[], Flow[]] {
  const only = (flows: Flow[], like: Flow[]) =>
    flows.filter(({ flow }) => like.some(wanted => wanted.flow === flow));
  if (one && !other) return [before, only(after, before)];
  return other && !one ? [only(before, after), after] : [before, after];
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

/** @returns the flow files by name, or a sentence about why there are none. */
async function sourcesAt(where: string, project: Project): Promise<Record<string, string> | string> {
  if (isFile(where)) return { [where]: readFileSync(where, 'utf8') };
  if (existsSync(where)) {
    const names = yamlIn(where);
    if (names.length === 0) return `There is no flow file in "${where}".`;
    return Object.fromEntries(
      names.map(name => [join(where, name), readFileSync(join(where, name), 'utf8')]),
    );
  }
  if (!/^[0-9a-f]{16}$/.test(where))
    return `"${where}" is no folder, no file, and not the hash of a bundle (16 digits from 0 to f).`;
  return withDatabase(project, async ({ db }) => {
    const row = await db.selectFrom('bundle').select('content').where('hash', '=', where).executeTakeFirst();
    if (!row) return `There is no bundle ${where} in the database.`;
    const { sources }: { sources: Record<string, string> } = JSON.parse(row.content);
    return Object.fromEntries(Object.entries(sources).map(([file, source]) => [`${where}/${file}`, source]));
  });
}

function yamlIn(dir: string): string[] {
  return readdirSync(dir)
    .filter(name => name.endsWith('.yaml'))
    .sort();
}

/** Puts every flow file into its one shape; with `--check` only says which are not in it. */
export function formatFlows(words: string[], { flowsDir }: Project = OWN): number {
  const { values } = parseArgs({
    args: words,
    options: { check: { type: 'boolean' }, json: { type: 'boolean' } },
  });
  const files = yamlIn(flowsDir).map(name => {
    const source = readFileSync(join(flowsDir, name), 'utf8');
    return { name, source, formatted: formatFlow(source, `flows/${name}`) };
  });
  const problems = files.flatMap(({ formatted }) => formatted.problems);
  const unshaped = files.flatMap(({ name, source, formatted }) =>
    formatted.text === null || formatted.text === source ? [] : [{ name, text: formatted.text }],
  );
  if (!values.check) for (const { name, text } of unshaped) writeFileSync(join(flowsDir, name), text);
  const names = unshaped.map(({ name }) => `flows/${name}`);
  if (values.json) console.log(JSON.stringify({ files: names, problems }));
  else {
    printProblems(problems);
    for (const name of names) console.log(`${name} ${values.check ? 'is not formatted' : 'was formatted'}.`);
    if (values.check && names.length > 0) console.log('To format them: cairn flows format');
    else if (problems.length === 0 && names.length === 0)
      console.log(`All ${files.length} flow files are formatted.`);
  }
  return problems.length > 0 || (values.check && names.length > 0) ? 1 : 0;
}

/** A file under `locales/` that does not fit the flows; `content` is what belongs there, null: nothing. */
type Misfit = { file: string; content: string | null; why: string };

/** Writes `locales/en/` from the flows and brings the translations along; with `--check` only says what would change. */
export function extractTexts(words: string[], project = OWN): number {
  const { values } = parseArgs({
    args: words,
    options: { check: { type: 'boolean' }, json: { type: 'boolean' } },
  });
  const { found, problems } = orProblems(() => misfits(project));
  if (!found) {
    if (values.json) console.log(JSON.stringify({ problems }));
    else printProblems(problems);
    return 1;
  }
  if (!values.check)
    for (const { file, content } of found) {
      if (content === null) rmSync(join(project.localesDir, file));
      else writeFileSync(join(project.localesDir, file), content);
    }
  if (values.json)
    console.log(
      JSON.stringify({ changes: found.map(({ file, why }) => ({ file: `locales/${file}`, why })) }),
    );
  else {
    for (const { file, why } of found) console.log(`locales/${file}: ${why}`);
    if (found.length === 0) console.log('Every text is extracted: nothing to change.');
    else if (values.check) console.log('To change them: cairn flows extract');
  }
  return values.check && found.length > 0 ? 1 : 0;
}

function misfits({ flowsDir, localesDir }: Project): Misfit[] {
  const { flows } = readFlowFiles(flowsDir, readServiceLines(localesDir));
  const english = readdirSync(join(localesDir, SOURCE_LANGUAGE)).filter(name => name.endsWith('.json'));
  const written = flows.flatMap(flow => {
    const file = `${SOURCE_LANGUAGE}/${flow.flow}.json`;
    const content = englishTexts(flow);
    if (!english.includes(`${flow.flow}.json`)) return [{ file, content, why: 'new.' }];
    const isSame = readFileSync(join(localesDir, file), 'utf8') === content;
    return isSame ? [] : [{ file, content, why: 'not as the flow is now.' }];
  });
  const known = ['service', ...flows.map(({ flow }) => flow)];
  const goneEnglish = english.filter(name => !known.includes(name.slice(0, -'.json'.length)));
  const translations = readTranslations(localesDir).filter(({ namespace }) => namespace !== 'service');
  return [
    ...written,
    ...goneEnglish.map(name => goneFlow(`${SOURCE_LANGUAGE}/${name}`)),
    ...translations.flatMap(translation => {
      const file = `${translation.language}/${translation.namespace}.json`;
      const flow = flows.find(({ flow: name }) => name === translation.namespace);
      if (!flow) return [goneFlow(file)];
      const carried = carryOver(flow, translation);
      return carried === translation
        ? []
        : [{ file, content: writeTranslation(carried), why: whatCarried(translation, carried) }];
    }),
  ];
}

function goneFlow(file: string): Misfit {
  return { file, content: null, why: 'of a flow that is gone.' };
}

function whatCarried({ texts: before }: Translation, { texts: after }: Translation): string {
  const fresh = Object.keys(after).filter(key => !Object.hasOwn(before, key)).length;
  const gone = Object.keys(before).length - (Object.keys(after).length - fresh) - fresh;
  const texts = (count: number) => (count === 1 ? '1 text' : `${count} texts`);
  return `${texts(fresh)} of renamed steps, ${texts(gone)} of which the English is gone.`;
}
