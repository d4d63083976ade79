import { afterEach, describe, expect, test } from 'vitest';
import { createApp } from '../src/app.ts';
import { readConfig } from '../src/config.ts';
import { type Database, openDatabase } from '../src/database/database.ts';
import { approve, readApprovals, safetyTexts, textsIn, Unapproved } from '../src/flows/approvals.ts';
import { openBundles } from '../src/flows/store.ts';
import { sourceOf, type Translation } from '../src/flows/translation.ts';
import { openLog } from '../src/log.ts';
import { ENGINES } from './support/postgres.ts';
import { content, flowOf } from './support/small-flow.ts';
import { type Ground, newGround } from './support/start.ts';

const source = (ask: string, safety = false, extra = '') => `flow: heron
title: Heron
start: menu
steps:
  menu:
    marks: [${safety ? 'safety' : ''}]
    ask: ${ask}
    choices:
      tea: { label: Tea, go: done }
      water: { label: Water, go: done }
${extra}  done: { say: Done., end: over }
`;
const EMERGENCY = (say: string) =>
  `flow: emergency\ntitle: Danger\nstart: calling\nsteps:\n  calling: { say: ${say}, end: resume }\n`;

/** Flows as they are read from files, made of these sources. */
function filesOf(...sources: string[]) {
  const flows = sources.map(flowOf);
  return {
    flows,
    sources: Object.fromEntries(sources.map((text, i) => [`flows/${flows[i]?.flow}.yaml`, text])),
  };
}
const TEXTS = { en: { service: content.service } };

describe.each(ENGINES)('what is published, on %s', engine => {
  let ground: Ground;
  let database: Database;
  async function open(): Promise<Database> {
    ground = await newGround(engine);
    database = await openDatabase(ground);
    return database;
  }
  afterEach(async () => {
    await database.close();
    await ground.remove();
  });

  const askOf = async (hash: string, now: Awaited<ReturnType<typeof openBundles>>) => {
    const bundle = await now.get(hash, database.db);
    return bundle.words.text('heron', 'menu.ask', 'en');
  };

  test('[BUNDLE-1] a text that is only worded anew reaches those who are in the middle of it', async () => {
    const { db } = await open();
    const before = await openBundles(db, filesOf(source('Which?')), TEXTS, 1);
    const after = await openBundles(db, filesOf(source('Which one?')), TEXTS, 2);
    expect(after.live.hash).not.toBe(before.live.hash);
    expect(await askOf(before.live.hash, after)).toBe('Which one?');
  });

  test('[BUNDLE-2] another structure does not: they end as they began, with the newest words of theirs', async () => {
    const { db } = await open();
    const first = await openBundles(db, filesOf(source('Which?')), TEXTS, 1);
    const second = await openBundles(db, filesOf(source('Which one?')), TEXTS, 2);
    const more = '  more: { say: More., go: done }\n';
    const third = await openBundles(
      db,
      filesOf(source('What?', false, more).replace('go: done', 'go: more')),
      TEXTS,
      3,
    );
    expect(await askOf(first.live.hash, third)).toBe('Which one?');
    const old = await third.get(second.live.hash, db);
    expect(old.flows.get('heron')?.steps.has('more')).toBe(false);
  });

  test('[BUNDLE-3] another wording of a safety question is another structure: nobody answers a question they were not asked', async () => {
    const { db } = await open();
    const before = await openBundles(db, filesOf(source('Are you safe?', true)), TEXTS, 1);
    const after = await openBundles(db, filesOf(source('Are you in danger?', true)), TEXTS, 2);
    expect(await askOf(before.live.hash, after)).toBe('Are you safe?');
  });

  test('[BUNDLE-4] the emergency steps and the fixed lines are the newest for everybody', async () => {
    const { db } = await open();
    const before = await openBundles(db, filesOf(source('Which?'), EMERGENCY('Old.')), TEXTS, 1);
    const newer = { en: { service: { ...content.service, nudge: 'Newer.' } } };
    const after = await openBundles(
      db,
      filesOf(source('Which?', true), EMERGENCY('[New., Newest.]')),
      newer,
      2,
    );
    const old = await after.get(before.live.hash, db);
    expect(old.words.text('heron', 'menu.ask', 'en')).toBe('Which?');
    expect(old.flows.get('heron')?.steps.get('menu')?.marks).toEqual([]);
    expect(old.words.text('emergency', 'calling.say.1', 'en')).toBe('Newest.');
    expect(old.words.text('service', 'nudge', 'en')).toBe('Newer.');
  });

  test('[BUNDLE-5] what was published before and comes back is the newest again; what is not known is the live one', async () => {
    const { db } = await open();
    const first = await openBundles(db, filesOf(source('Which?', true)), TEXTS, 1);
    const other = await openBundles(db, filesOf(source('What?')), TEXTS, 2);
    const back = await openBundles(db, filesOf(source('Which?', true)), TEXTS, 3);
    expect(back.live.hash).toBe(first.live.hash);
    expect(await askOf(other.live.hash, back)).toBe('What?');
    expect(await askOf('0000000000000000', back)).toBe('Which?');
    const rows = await db.selectFrom('bundle').select('made_at').orderBy('made_at').execute();
    expect(rows.map(({ made_at }) => made_at)).toEqual([2, 3]);
  });

  test('[APPROVED-1] an approval is of one text where it stands: an edit takes it back', async () => {
    const { db } = await open();
    const { flows } = filesOf(source('Are you safe?', true));
    const service = { nudge: 'Still here.' };
    const all = safetyTexts(flows, service);
    expect(await approve(db, all, 'Sam', 1)).toBe(all.length);
    expect(await approve(db, all, 'Sam', 2)).toBe(0);
    expect((await readApprovals(db, flows, service, [])).unapprovedSafety).toEqual([]);
    const edited = filesOf(source('Are you in danger?', true)).flows;
    const { unapprovedSafety } = await readApprovals(db, edited, service, []);
    expect(unapprovedSafety.map(({ key }) => key)).toEqual(['menu.ask']);
  });

  test('[APPROVED-2] a language is offered when every text of it is there, current, read and approved', async () => {
    const { db } = await open();
    const { flows } = filesOf(source('Which?'));
    const english = textsIn('en', flows, {}, []);
    const translated = (approved: boolean, drop = 0): Translation[] => [
      {
        language: 'pl',
        namespace: 'heron',
        approved,
        texts: Object.fromEntries(
          english.slice(drop).map(({ key, text }) => [key, { of: sourceOf(text), text: `pl ${text}` }]),
        ),
      },
    ];
    const offered = async (translations: Translation[]) =>
      (await readApprovals(db, flows, {}, translations)).offered;
    expect(await offered(translated(true))).toEqual(['en']);
    await approve(db, textsIn('pl', flows, {}, translated(true)), 'Sam', 1);
    expect(await offered(translated(true))).toEqual(['en', 'pl']);
    expect(await offered(translated(false))).toEqual(['en']);
    expect(await offered(translated(true, 1))).toEqual(['en']);
  });
});

describe('a live service', () => {
  test('[APPROVED-3] does not start while a safety text is not approved, and then offers English alone', async () => {
    const ground = await newGround('sqlite');
    const settings = {
      ...readConfig({ PORT: '0', STAFF_PORT: '0', DATA_DIR: ground.dataDir }),
      log: openLog('silent'),
      content,
    };
    const live = { ...settings, config: { ...settings.config, trial: false } };
    await expect(createApp(live)).rejects.toThrow(Unapproved);
    const database = await openDatabase(ground);
    await approve(database.db, safetyTexts(content.flows, content.service), 'Sam', 1);
    await database.close();
    const app = await createApp({ ...live, config: { ...live.config, trial: true } });
    expect(app.run.bundles.live.words.languages.length).toBe(Object.keys(content.texts).length);
    await app.close();
    await ground.remove();
  });
});
