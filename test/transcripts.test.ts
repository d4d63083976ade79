import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { coverOf } from '../src/commands/flows-cover.ts';
import { linesOf, testTranscripts, transcriptFiles, writeCover } from '../src/commands/flows-test.ts';
import { openPlayGround, playKept } from '../src/commands/kept-play.ts';
import { openContacts } from '../src/directory/contacts.ts';
import { makeBundle } from '../src/flows/bundle.ts';
import {
  differences,
  type Entry,
  londonTime,
  playScene,
  playTranscript,
  printTranscript,
  readTranscript,
  type Transcript,
} from '../src/flows/transcript.ts';
import { content, flowOf, TEA } from './support/small-flow.ts';

const FOLDER = 'test/flows';
const bundle = makeBundle('shipped', content.flows, content.texts);
const shipped = { ...content, bundle };

const heron = withFlow(TEA);
const HEADER = [
  'title: Somebody who wants tea',
  '# A header may hold comments.',
  'flow: heron      # where it begins',
  'channel: web',
  'time: 2026-01-13 03:00',
  'on duty: no',
];

function withFlow(source: string) {
  return { ...content, bundle: makeBundle('test', [...content.flows, flowOf(source)], content.texts) };
}

function transcriptOf(lines: string[], file = 'a.txt'): Transcript {
  const { transcript, problems } = readTranscript(lines.join('\n'), file);
  if (!transcript) throw new Error(problems.map(({ message }) => message).join(' '));
  return transcript;
}

const folders: string[] = [];
function folderWith(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'cairn-transcripts-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** Any text as it can stand in a file: without what does not show at the end of a line. */
const said = fc.string({ unit: 'grapheme', maxLength: 30 }).map(text => text.trimEnd());
const manyLines = fc.array(said, { maxLength: 4 }).map(lines => lines.join('\n').trimEnd());
const entry = fc.oneof(
  fc.record({ mark: fc.constant('>' as const), text: said.filter(text => text.trim() !== '') }),
  fc.record({ mark: fc.constant('~' as const), text: fc.constantFrom('30s', '10m', '2 h', '1d') }),
  fc.record({ mark: fc.constantFrom('<' as const, '!' as const), text: manyLines }),
  fc.record({ mark: fc.constant('#' as const), text: said }),
);
const transcript = fc
  .array(fc.tuple(fc.boolean(), fc.array(entry, { maxLength: 8 })), { minLength: 1, maxLength: 3 })
  .map(scenes =>
    scenes.map(([own, entries], i) => ({
      header: i === 0 ? HEADER : own ? ['# By text.', 'channel: sms'] : [],
      entries: entries.map(one => ({ ...one, line: 0 })),
    })),
  );
const withoutLines = (entries: Entry[]) => entries.map(({ mark, text }) => ({ mark, text }));

describe('a transcript', () => {
  test('[SCRIPT-1] is read as it was printed, comments, headers and texts of several lines too', () => {
    fc.assert(
      fc.property(transcript, scenes => {
        const setting = {
          title: '',
          flow: null,
          channel: 'web',
          language: 'en',
          time: 0,
          onDuty: true,
        } as const;
        const printed = printTranscript({
          file: 'a.txt',
          scenes: scenes.map(scene => ({ ...scene, line: 1, setting })),
        });
        const read = transcriptOf([printed]);
        expect(read.scenes.map(({ header }) => header)).toEqual(scenes.map(({ header }) => header));
        expect(read.scenes.map(({ entries }) => withoutLines(entries))).toEqual(
          scenes.map(({ entries }) => withoutLines(entries)),
        );
        expect(printTranscript(read)).toBe(printed);
      }),
      { numRuns: 500 },
    );
  });

  test('[SCRIPT-2] that is written wrongly is refused with its line', () => {
    const wrong: [string[], number][] = [
      [[...HEADER, '', '> tea', '? tea'], 9],
      [[...HEADER, '', '~ soon'], 8],
      [[...HEADER, '', '>'], 8],
      [[...HEADER, 'weather: wet'], 7],
      [[...HEADER, 'channel: sms'], 7],
      [HEADER.map(line => line.replace('03:00', '3 in the night')), 5],
      [HEADER.map(line => line.replace('2026-01-13', '2026-02-30')), 5],
      [HEADER.map(line => line.replace('duty: no', 'duty: maybe')), 6],
      [HEADER.filter(line => !line.startsWith('channel')), 1],
      [[...HEADER, '', '> tea', '---', 'channel: post', '', '> tea'], 10],
      [['> tea'], 1],
    ];
    for (const [lines, line] of wrong) {
      const { problems } = readTranscript(lines.join('\n'), 'a.txt');
      expect(problems[0], lines.join('\n')).toMatchObject({ file: 'a.txt', line });
      expect(problems[0]?.message).toMatch(/^["A-Z].*\.$/);
    }
  });

  test('[SCRIPT-3] says London time, in summer too', () => {
    expect(londonTime('2026-01-13 03:00')).toBe(Date.UTC(2026, 0, 13, 3));
    expect(londonTime('2026-07-13 03:00')).toBe(Date.UTC(2026, 6, 13, 2));
    expect(londonTime('13.1.2026')).toBe(null);
  });

  test('[SCRIPT-4] holds several conversations; each begins anew, in the setting before but for its own header', () => {
    const { scenes } = playTranscript(
      heron,
      transcriptOf([...HEADER, '', '> tea', '---', 'channel: sms', '', '> chai', '---', '', '> nothing']),
    );
    expect(scenes.map(({ setting }) => setting.channel)).toEqual(['web', 'sms', 'sms']);
    const last = scenes.map(({ entries }) => entries.at(-1)?.text);
    expect(last[0]).toBe('Anything more?\n[1] Nothing\n[2] More\n[3] Talk to a person');
    expect(last[1]).toBe('You chose Tea.\n\nAnything more?\n1 Nothing\n2 More\n3 Talk to a person');
    expect(last[2]).toContain('Sorry');
  });

  test('[SCRIPT-5] whose answer has changed shows file and line, what stands there and what came', async () => {
    const folder = folderWith({ 'heron.tea.txt': [...HEADER, '', '> tea', '', '> nothing'].join('\n') });
    const fresh = await testTranscripts(heron, folder);
    expect(fresh.problems).toMatchObject([{ file: 'test/flows/heron.tea.txt', line: 1 }]);
    expect(await testTranscripts(heron, folder, { update: true })).toMatchObject({ written: 1, turns: 2 });
    const same = await testTranscripts(heron, folder);
    expect([same.differences, same.problems]).toEqual([[], []]);

    const changed = await testTranscripts(withFlow(TEA.replace('say: Bye.', 'say: Goodbye.')), folder);
    const line = readFileSync(join(folder, 'heron.tea.txt'), 'utf8').split('\n').indexOf('< Bye.') + 1;
    expect(changed.differences).toEqual([
      { file: 'test/flows/heron.tea.txt', line, expected: '< Bye.', got: '< Goodbye.' },
    ]);
    expect(linesOf(changed, 5)).toEqual([
      `test/flows/heron.tea.txt:${line}\n  expected  < Bye.\n  got       < Goodbye.\n`,
      '1 transcripts with 1 conversations and 2 turns in 5 ms: 1 differences, 0 problems.',
    ]);

    const silent = await testTranscripts(withFlow(TEA.replace('say: Bye., ', '')), folder);
    expect(silent.differences).toMatchObject([{ line, expected: '< Bye.', got: null }]);
    const more = await testTranscripts(withFlow(TEA.replace('say: Bye.', 'say: [Bye., Bye.]')), folder);
    expect(more.differences).toMatchObject([{ line, expected: null, got: '< Bye.' }]);
  });

  test('[SCRIPT-6] keeps its header and its comments when its answers are written anew', async () => {
    const lines = [
      ...HEADER,
      '',
      '# They ask for tea.',
      '> tea',
      '',
      '< An old answer.',
      '',
      '# And then?',
      '~ 10m',
    ];
    const folder = folderWith({ 'heron.tea.txt': lines.join('\n') });
    await testTranscripts(heron, folder, { update: true });
    const written = readFileSync(join(folder, 'heron.tea.txt'), 'utf8');
    expect(written.startsWith(`${HEADER.join('\n')}\n\n< What do you want?`)).toBe(true);
    expect(written).toContain('\n\n# They ask for tea.\n> tea\n< You chose Tea.\n');
    expect(written).toContain('\n\n# And then?\n~ 10m\n< I am still here.');
    expect(written).not.toContain('An old answer.');
    expect(await testTranscripts(heron, folder, { update: true })).toMatchObject({ written: 0 });
  });

  test('[SCRIPT-7] that names a flow, a language or a button that is not there is refused, and not written', async () => {
    const files = {
      'a.txt': [...HEADER.filter(line => !line.startsWith('flow')), 'flow: nowhere', '', '> tea'].join('\n'),
      'b.txt': [...HEADER, 'language: xx', '', '> tea'].join('\n'),
      'c.txt': [...HEADER, '', '> [Coffee]'].join('\n'),
    };
    const { problems } = await testTranscripts(heron, folderWith(files), { update: true });
    expect(problems).toMatchObject([
      { file: 'test/flows/a.txt', line: 1, message: expect.stringContaining('"nowhere"') },
      { file: 'test/flows/b.txt', line: 1, message: expect.stringContaining('"xx"') },
      { file: 'test/flows/c.txt', line: 8, message: 'There is no button "Coffee".' },
    ]);
  });

  test('[SCRIPT-8] is resumed from the database after everything that was decided', async () => {
    const [scene] = transcriptOf([...HEADER, '', '> tea', '~ 10m', '> HUMAN', '~ 2m', '> nothing']).scenes;
    const ground = await openPlayGround();
    try {
      let compared = 0;
      const turns = scene ? playScene(heron, scene) : null;
      const watched = (function* () {
        for (let next = turns?.next(); next && !next.done; next = turns?.next()) {
          const { conversation, timers, alerts } = next.value;
          yield next.value;
          const after = next.value;
          expect(after.conversation).not.toBe(conversation);
          expect(after.timers).not.toBe(timers);
          const { id } = after.conversation;
          expect(after.conversation).toEqual({ ...conversation, id, rev: conversation.rev + 1 });
          expect([...after.timers].sort()).toEqual(
            [...timers].map(([name, { dueAt, event }]) => [name, { dueAt, event }]).sort(),
          );
          expect(after.alerts).toEqual(alerts);
          compared += 1;
        }
      })();
      await playKept(ground, [watched]);
      expect(compared).toBe(6);
      const stored = await ground.database.db.selectFrom('message').select('seq').execute();
      expect(stored.length).toBeGreaterThan(8);
    } finally {
      await ground.close();
    }
  });

  test('[SCRIPT-9] that covers a flow takes every link of it, and is written with its answers', async () => {
    const cover = coverOf(heron, heron.bundle.flows.get('heron') ?? bundleOf('welcome'));
    const inputs = cover.scenes.flatMap(({ entries }) => entries.map(({ text }) => text));
    for (const wanted of ['1', '2', 'asdfghjkl', '1d']) expect(inputs).toContain(wanted);
    const folder = folderWith({});
    await writeCover(heron, folder, 'heron');
    expect(transcriptFiles(folder)).toEqual(['cover/heron.txt']);
    expect(await testTranscripts(heron, folder)).toMatchObject({ files: 1, differences: [], problems: [] });
  });
});

function bundleOf(flow: string) {
  const compiled = bundle.flows.get(flow);
  if (!compiled) throw new Error(`There is no flow "${flow}".`);
  return compiled;
}

describe('the shipped transcripts', () => {
  const names = transcriptFiles(FOLDER);
  const transcripts = names.map(name =>
    transcriptOf([readFileSync(join(FOLDER, name), 'utf8')], `${FOLDER}/${name}`),
  );
  const flows = content.flows.map(({ flow }) => flow);

  test('[SCRIPT-20] come out as they stand, with the database between any two turns', async () => {
    const { differences: changed, problems, files } = await testTranscripts(shipped, FOLDER);
    expect(problems).toEqual([]);
    expect(changed).toEqual([]);
    expect(files).toBe(names.length);
  }, 120_000);

  test('[SCRIPT-21] come out the same without the database', () => {
    for (const one of transcripts) expect(differences(one, playTranscript(shipped, one))).toEqual([]);
  }, 120_000);

  test.each(flows)('[SCRIPT-22] are four at least for %s, one of them at 03:00 with nobody on duty', flow => {
    const own = transcripts.filter((_, i) => names[i]?.startsWith(`${flow}.`));
    expect(own.length).toBeGreaterThanOrEqual(4);
    const atNight = own
      .flatMap(({ scenes }) => scenes)
      .filter(({ setting: { time, onDuty } }) => {
        const there = Temporal.Instant.fromEpochMilliseconds(time).toZonedDateTimeISO('Europe/London');
        return there.hour === 3 && there.minute === 0 && !onDuty;
      });
    const helped = atNight.filter(({ setting, entries }) => {
      const heard = entries.filter(({ mark }) => mark === '<').map(({ text }) => text);
      const numbers = openContacts(content.contacts, setting.time, {}).flatMap(({ call, text }) => [
        ...(call ? [call] : []),
        ...(text ? [text.to] : []),
      ]);
      return numbers.some(number => heard.some(text => text.includes(number)));
    });
    expect(helped.length, 'Nobody was told a number that is open then.').toBeGreaterThan(0);
  });

  test.each(flows)('[SCRIPT-23] of the cover still take every link of %s', flow => {
    const now = coverOf(shipped, bundleOf(flow));
    const written = transcripts[names.indexOf(`cover/${flow}.txt`)];
    const inputs = (one: Transcript | undefined) =>
      one?.scenes.map(({ setting: { flow: begins, channel, onDuty }, entries }) => ({
        begins,
        channel,
        onDuty,
        lines: entries.filter(({ mark }) => mark === '>' || mark === '~').map(({ text }) => text),
      }));
    expect(inputs(written), `"cairn flows test --cover" writes cover/${flow}.txt anew.`).toEqual(inputs(now));
  });
});
