import { describe, expect, test } from 'vitest';
import { approveTexts } from '../src/commands/approve.ts';
import { checkFlowsCommand } from '../src/commands/flows.ts';
import { openDatabase } from '../src/database/database.ts';
import { extractTexts as englishTexts } from '../src/flows/extract.ts';
import { sourceOf } from '../src/flows/translation.ts';
import { keysIn } from '../src/words.ts';
import { flowOf, flowProject, NAMES, run, translationOf } from './support/flow-project.ts';

const place = flowProject();
const { read, write } = place;
const goodbye = () => flowOf(read('flows/goodbye.yaml'));

describe('cairn flows approve', () => {
  const approve = (...words: string[]) => run(() => approveTexts(words, place.project()));

  /** The rows of approval, by language. */
  async function rows() {
    const database = await openDatabase({ dataDir: place.file('data'), databaseUrl: null });
    const found = await database.db.selectFrom('approval').select(['language', 'approved_by']).execute();
    await database.close();
    return found;
  }

  test('[APPROVE-1] without --yes it lists each text once, with its key, and approves nothing', async () => {
    const { code, lines } = await approve('--flow', 'goodbye');
    const texts: Record<string, string> = JSON.parse(englishTexts(goodbye()));
    const count = Object.keys(texts).length;
    expect(code).toBe(0);
    expect(lines[0]).toBe(`English (en), goodbye: ${count} texts`);
    expect(lines.slice(1, count + 1)).toEqual(
      Object.entries(texts).map(([key, text]) => `  ${key}  ${text.replaceAll('\n', ' ⏎ ')}`),
    );
    expect(lines.at(-1)).toBe(
      `${count} texts in all. Who has read them approves them by: cairn flows approve --flow goodbye --by NAME --yes`,
    );
    expect(await rows()).toEqual([]);
  });

  test('[APPROVE-2] with --yes it writes who approved what, once, and says what production still waits for', async () => {
    const count = Object.keys(JSON.parse(englishTexts(goodbye()))).length;
    const first = await approve('--flow', 'goodbye', '--by', 'A. Reader', '--yes');
    expect(first.code).toBe(0);
    expect(first.lines[0]).toBe(`${count} texts newly approved by A. Reader.`);
    expect(first.lines[1]).toMatch(
      /^Production does not start yet: [0-9]+ texts of safety steps and fixed lines/,
    );
    expect(await rows()).toEqual(Array(count).fill({ language: 'en', approved_by: 'A. Reader' }));
    expect((await approve('--flow', 'goodbye', '--by', 'B. Reader', '--yes')).lines[0]).toBe(
      '0 texts newly approved by B. Reader.',
    );
    expect((await approve('--flow', 'goodbye')).lines).toEqual(['No text is waiting to be approved.']);
  });

  test('[APPROVE-3] with every safety text approved production may start; an edit takes the approval back', async () => {
    const { lines } = await approve('--safety', '--by', 'A. Reader', '--yes');
    expect(lines.slice(1)).toEqual([
      'Production may start: every safety step and fixed line in English is approved.',
      'Offered: English (en).',
    ]);
    expect((await approve('--flow', 'welcome')).lines[0]).toMatch(/^English \(en\), welcome: [0-9]+ texts$/);
    write(
      'locales/en/service.json',
      read('locales/en/service.json').replace('Talk to a person', 'Talk with a person'),
    );
    expect((await approve('--safety')).lines[0]).toMatch(/^English \(en\), service: [0-9]+ texts?$/);
  });

  test('[APPROVE-4] a draft is refused, by the names of its files, and nothing is approved', async () => {
    place.writeTranslated(translationOf(goodbye(), false));
    const { code, lines } = await approve('--language', 'cy', '--by', 'A. Reader', '--yes');
    expect({ code, lines }).toEqual({
      code: 1,
      lines: [
        'This is a draft: locales/cy/goodbye.json. Somebody who is fluent in the language must read it first, and set "approved": true in it.',
      ],
    });
    expect(await rows()).toEqual([]);
    expect((await approve('--language', 'cy')).lines.at(-1)).toBe(lines[0]);
    expect((await approve('--by', 'A. Reader', '--yes')).code).toBe(0);
  });

  test('[APPROVE-5] of a translation only what is current is approved, and its language is offered when all of it is', async () => {
    const { texts, ...rest } = translationOf(goodbye(), true);
    const [stale = '', ...current] = Object.keys(texts);
    place.writeTranslated({ ...rest, texts: { ...texts, [stale]: { of: 'x', text: 'x' } } });
    const { lines } = await approve('--language', 'cy', '--by', 'A. Reader', '--yes');
    expect(lines[0]).toBe(`${current.length} texts newly approved by A. Reader.`);
    expect(lines.at(-1)).toMatch(
      /^Welsh \(cy\) is not offered yet: [0-9]+ missing, 1 stale, 0 draft, 0 not approved\.$/,
    );

    for (const name of NAMES) place.writeTranslated(translationOf(flowOf(read(`flows/${name}.yaml`)), true));
    const service: Record<string, string> = JSON.parse(read('locales/en/service.json'));
    const lineKeys = Object.entries(service).flatMap(([source, text]) =>
      keysIn('cy', source).map(key => [key, { of: sourceOf(text), text }]),
    );
    place.writeTranslated({
      language: 'cy',
      namespace: 'service',
      approved: true,
      texts: Object.fromEntries(lineKeys),
    });
    const whole = await approve('--language', 'cy', '--by', 'A. Reader', '--yes');
    expect(whole.lines.at(-1)).toBe('Offered: English (en), Welsh (cy).');
  });

  test('[APPROVE-6] a wrong use is told plainly', async () => {
    expect(await approve('--yes')).toEqual({ code: 2, lines: ['Say who approves: --by NAME.'] });
    expect(await approve('--language', 'cy')).toEqual({
      code: 2,
      lines: ['There is no language "cy". There are: en.'],
    });
    expect((await approve('--flow', 'heron')).lines[0]).toMatch(
      /^There is no flow "heron"\. There are: service, /,
    );
  });
});

describe('cairn flows check', () => {
  test('[COUNT-1] counts what there is, and exits 1 with every problem when anything is wrong', async () => {
    place.writeTranslated(translationOf(goodbye(), false));
    const fine = await run(() => checkFlowsCommand([], place.project()));
    expect(fine.code).toBe(0);
    expect(fine.lines.at(-1)).toMatch(
      /^[0-9]+ flows with [0-9]+ steps, [0-9]+ contacts, in en, cy \([0-9]+ missing, 0 stale, [0-9]+ draft, 0 done\).*: no problem\. [0-9]+ ms\.$/,
    );
    const texts = Object.keys(JSON.parse(englishTexts(goodbye()))).length;
    const { lines } = await run(() => checkFlowsCommand(['--json'], place.project()));
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      flows: 4,
      problems: [],
      languages: [{ language: 'cy', draft: texts }],
    });

    write('flows/goodbye.yaml', read('flows/goodbye.yaml').replace(/^start: .*$/m, 'start: nowhere'));
    const wrong = await run(() => checkFlowsCommand([], place.project()));
    expect(wrong).toMatchObject({
      code: 1,
      lines: expect.arrayContaining([
        expect.stringMatching(/^flows\/goodbye\.yaml:[0-9]+ {2}The flow starts at "nowhere"/),
      ]),
    });
  });
});
