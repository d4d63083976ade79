import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, vi } from 'vitest';
import type { Project } from '../../src/commands/project.ts';
import { extractTexts } from '../../src/flows/extract.ts';
import { type Flow, readFlow } from '../../src/flows/flow.ts';
import { sourceOf, type Translation } from '../../src/flows/translation.ts';

/** The fewest flows that Cairn can do with: a first meeting of our own, and three of the shipped ones. */
export const NAMES = ['welcome', 'emergency', 'goodbye', 'talk-to-a-person'];
const WELCOME = `flow: welcome
title: Welcome
start: menu
steps:
  menu:
    ask: What would help?
    choices:
      bye: { label: Goodbye, go: leave }
      worker: { label: A worker, go: worker }
  worker: { call: talk-to-a-person, go: menu }
  leave: { call: goodbye, go: finished }
  finished: { end: finished }
`;

export function flowOf(source: string): Flow {
  const name = /^flow: (.*)$/m.exec(source)?.[1];
  const { read, problems } = readFlow(source, `flows/${name}.yaml`);
  if (!read) throw new Error(problems.map(({ message }) => message).join('\n'));
  return read.flow;
}

/** What a command prints, by lines, and its exit code. */
export async function run(command: () => Promise<number> | number) {
  const out = vi.spyOn(console, 'log').mockImplementation(() => {});
  const err = vi.spyOn(console, 'error').mockImplementation(() => {});
  try {
    const code = await command();
    return {
      code,
      lines: [...out.mock.calls, ...err.mock.calls].flatMap(call => call.join(' ').split('\n')),
    };
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
}

/** Before each test, flows and fixed lines in a folder of their own, beside an empty database; they go afterwards. */
export function flowProject() {
  let dir = '';
  const file = (name: string) => join(dir, name);
  const write = (name: string, text: string) => writeFileSync(file(name), text);
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'cairn-flows-'));
    mkdirSync(file('flows'));
    mkdirSync(file('locales/en'), { recursive: true });
    write('flows/welcome.yaml', WELCOME);
    for (const name of NAMES.slice(1)) cpSync(join('flows', `${name}.yaml`), file(`flows/${name}.yaml`));
    for (const name of ['contacts.yaml', 'en/service.json', 'en/risk.yaml'])
      cpSync(join('locales', name), file(`locales/${name}`));
  });
  afterEach(() => rmSync(dir, { recursive: true }));
  return {
    file,
    write,
    read: (name: string) => readFileSync(file(name), 'utf8'),
    project: (): Project => ({
      flowsDir: file('flows'),
      localesDir: file('locales'),
      env: { DATA_DIR: file('data'), KEYS_DIR: file('keys') },
    }),
    writeTranslated({ language, namespace, approved, texts }: Translation): void {
      mkdirSync(file(`locales/${language}`), { recursive: true });
      write(`locales/${language}/${namespace}.json`, `${JSON.stringify({ approved, texts }, null, 2)}\n`);
    },
  };
}

/** A translation of every text of a flow: the English with a mark before it. */
export function translationOf(flow: Flow, approved: boolean, language = 'cy'): Translation {
  const english: Record<string, string> = JSON.parse(extractTexts(flow));
  const texts = Object.entries(english).map(([key, text]) => [
    key,
    { of: sourceOf(text), text: `> ${text}` },
  ]);
  return { language, namespace: flow.flow, approved, texts: Object.fromEntries(texts) };
}
