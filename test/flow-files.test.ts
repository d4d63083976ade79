import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { extractTexts, formatFlows } from '../src/commands/flows.ts';
import { carryOver, extractTexts as englishTexts } from '../src/flows/extract.ts';
import { formatFlow } from '../src/flows/format.ts';
import { sourceOf, type Translation } from '../src/flows/translation.ts';
import { flowOf, flowProject, NAMES, run, translationOf } from './support/flow-project.ts';

const SHIPPED = readdirSync('flows')
  .filter(name => name.endsWith('.yaml'))
  .map(name => ({ file: `flows/${name}`, source: readFileSync(join('flows', name), 'utf8') }));

const place = flowProject();
const { read, write } = place;
const goodbye = () => flowOf(read('flows/goodbye.yaml'));

describe('cairn flows format', () => {
  /** A file as somebody writes it, and as it then stands. */
  const SHAPES = `
    single quotes | title: 'Heron: two' | title: "Heron: two"
    quotes that nobody needs | title: "Heron" | title: Heron
    quotes around yes | title: Yes | title: "Yes"
    quotes around a name | title: See {{numbers}} | title: "See {{numbers}}"
    quotes around a number | title: '12' | title: "12"
    more lines in one text | title: |⏎  Two⏎  lines | title: "Two\\nlines"⏎
    a folded text | title: >-⏎  Two⏎  lines | title: Two lines
    too many blank lines | start: a⏎⏎⏎ | start: a⏎⏎
    spaces at the end | title: Heron   ⏎ | title: Heron⏎
    spaces inside | {say:  Hello.,   end: b} | { say: Hello., end: b }
    a list with spaces inside | [ safety,unsafe ] | [safety, unsafe]
    a wide margin | steps:⏎      a: | steps:⏎  a:
    a comment at the end of a line | title: Heron     # which bird | title: Heron # which bird
  `
    .trim()
    .split('\n')
    .map(line => line.split(' | ').map(part => part.trim().replaceAll('⏎', '\n')))
    .map(([what = '', from = '', to = '']) => ({ what, from, to }));

  test.each(SHAPES)('[FORMAT-1] has one shape for $what', ({ from, to }) => {
    const title = from.startsWith('title') ? from : 'title: Heron';
    const start = from.startsWith('start') ? from : 'start: a';
    const step = from.startsWith('{')
      ? from
      : from.startsWith('[')
        ? `{ say: Hello., marks: ${from}, end: b }`
        : '{ say: Hello., end: b }';
    const steps = from.startsWith('steps') ? from : 'steps:\n  a:';
    const { text } = formatFlow(`flow: heron\n${title}\n${start}\n${steps} ${step}\n`, 'flows/heron.yaml');
    expect(text).toContain(to);
    expect(text?.replace(to, '')).not.toContain(from);
  });

  test('[FORMAT-2] what is in its shape stays as it is to the last letter', () => {
    const source = `# What it is for.\n# And why.\nflow: heron\ntitle: Heron\nstart: a\nsteps:\n  a:\n    say:\n      - ${'A long line. '.repeat(30).trim()}\n      - "Open now, as far as we know, at this very minute:\\n{{numbers}}"\n\n    # Why.\n    ask: Which?\n    choices:\n      yes: { label: "Yes", words: [y, "no", 👍], go: b } # here\n\n  # The last.\n  b: { end: c }\n`;
    expect(formatFlow(source, 'flows/heron.yaml').text).toBe(source);
  });

  test.each(SHIPPED)('[FORMAT-3] $file means the same afterwards, and formatting twice changes nothing', ({
    file,
    source,
  }) => {
    const { text } = formatFlow(source, file);
    expect(flowOf(text ?? '')).toEqual(flowOf(source));
    expect(formatFlow(text ?? '', file).text).toBe(text);
    expect(commentsIn(text ?? '')).toEqual(commentsIn(source));
  });

  test('[FORMAT-4] wherever a comment, a blank line or a space stands: nothing is lost, or the file is left alone', () => {
    let formatted = 0;
    fc.assert(
      fc.property(
        fc.nat(SHIPPED.length - 1),
        fc.array(
          fc.tuple(fc.nat(), fc.constantFrom('# why', '    # inside', '', '      # deep', ' # at the end')),
          { minLength: 1, maxLength: 6 },
        ),
        (which, additions) => {
          const { file, source } = SHIPPED[which] ?? { file: '', source: '' };
          const lines = source.trimEnd().split('\n');
          for (const [where, what] of additions) {
            const line = where % lines.length;
            if (what === ' # at the end') lines[line] = `${lines[line]}${what} ${where}`;
            else lines.splice(line, 0, what && `${what} ${where}`);
          }
          const added = lines.join('\n');
          const { text, problems } = formatFlow(added, file);
          if (text === null) return problems.length > 0;
          formatted += 1;
          expect(flowOf(text)).toEqual(flowOf(added));
          expect(formatFlow(text, file).text).toBe(text);
          expect(commentsIn(text)).toEqual(commentsIn(added));
          return true;
        },
      ),
      { numRuns: 40 },
    );
    expect(formatted).toBeGreaterThan(20);
  });

  test('[FORMAT-5] --check lists what is not in shape and changes nothing; without it the files are written', async () => {
    expect((await run(() => formatFlows([], place.project()))).code).toBe(0);
    const good = read('flows/goodbye.yaml');
    write('flows/goodbye.yaml', good.replace('title: ', 'title:   '));
    expect(await run(() => formatFlows(['--check'], place.project()))).toEqual({
      code: 1,
      lines: ['flows/goodbye.yaml is not formatted.', 'To format them: cairn flows format'],
    });
    expect(read('flows/goodbye.yaml')).not.toBe(good);
    expect(await run(() => formatFlows([], place.project()))).toEqual({
      code: 0,
      lines: ['flows/goodbye.yaml was formatted.'],
    });
    expect(read('flows/goodbye.yaml')).toBe(good);
    expect(await run(() => formatFlows(['--check'], place.project()))).toEqual({
      code: 0,
      lines: ['All 4 flow files are formatted.'],
    });
  });

  test('[FORMAT-7] a file whose meaning would change is told of and left alone', () => {
    const source =
      'flow: heron\ntitle: Heron\nstart: a\nsteps:\n  a:\n    do: b\n    with:\n      c: |\n        d\n    ok: e\n';
    expect(formatFlow(source, 'flows/heron.yaml')).toEqual({
      text: null,
      problems: [
        expect.objectContaining({
          file: 'flows/heron.yaml',
          message: expect.stringContaining('changing what it says'),
        }),
      ],
    });
  });

  test('[FORMAT-6] a file that cannot be read is told of and left alone', async () => {
    const broken = `${read('flows/goodbye.yaml')}  sya:   hello\n`;
    write('flows/goodbye.yaml', broken);
    const { code, lines } = await run(() => formatFlows([], place.project()));
    expect({ code, line: lines.find(line => line.startsWith('flows/goodbye')) }).toMatchObject({
      code: 1,
      line: expect.stringMatching(/^flows\/goodbye\.yaml:[0-9]+ {2}/),
    });
    expect(read('flows/goodbye.yaml')).toBe(broken);
  });
});

describe('cairn flows extract', () => {
  const HERON = `flow: heron
title: Heron
start: b
steps:
  b:
    was: [a, old]
    say: [One., Two.]
    ask: Which?
    choices: { yes: { label: "Yes", words: [ok, y], go: c }, x_other: { label: "{{count}} more", go: c } }
  c: { was: [b, d], say: [Bye., So., Then.], end: over }
`;
  const heron = flowOf(HERON);
  const translated = (texts: Record<string, string>): Translation => ({
    language: 'cy',
    namespace: 'heron',
    approved: true,
    texts: Object.fromEntries(Object.entries(texts).map(([key, of]) => [key, { of, text: `${key} ${of}` }])),
  });
  /** The key under which each text stands, by the key under which it stood. */
  const places = (texts: Record<string, string>) =>
    Object.entries(carryOver(heron, translated(texts)).texts).map(([key, { text }]) => [
      key,
      text.split(' ')[0],
    ]);

  test('[EXTRACT-1] English comes out by key, in the order of the file', () => {
    expect(englishTexts(heron)).toBe(
      '{\n  "b.say.0": "One.",\n  "b.say.1": "Two.",\n  "b.ask": "Which?",\n  "b.choices.yes": "Yes",\n  "b.choices.yes.words": "ok|y",\n  "b.choices.x_other": "{{count}} more",\n  "c.say.0": "Bye.",\n  "c.say.1": "So.",\n  "c.say.2": "Then."\n}\n',
    );
  });

  test('[EXTRACT-2] a translation of all that is there stays the very same; a choice named like a plural form is none', () => {
    const all = translated({ 'c.say.0': 'x', 'b.ask': 'x', 'b.choices.x_other': 'x' });
    expect(carryOver(heron, all)).toBe(all);
  });

  test('[EXTRACT-3] texts of which the English is gone go, and nothing else', () => {
    expect(
      places({ 'b.ask': 'x', 'b.say.2': 'x', 'gone.ask': 'x', 'b.choices.no': 'x', 'c.say.0': 'x' }),
    ).toEqual([
      ['b.ask', 'b.ask'],
      ['c.say.0', 'c.say.0'],
    ]);
  });

  test('[EXTRACT-4] texts of a renamed step come along, in their place, with what they translate', () => {
    expect(places({ 'a.ask': 'x', 'c.say.0': 'x', 'a.choices.yes.words': 'x', 'a.say.7': 'x' })).toEqual([
      ['b.ask', 'a.ask'],
      ['c.say.0', 'c.say.0'],
      ['b.choices.yes.words', 'a.choices.yes.words'],
    ]);
    expect(carryOver(heron, translated({ 'a.ask': 'old' })).texts).toEqual({
      'b.ask': { of: 'old', text: 'a.ask old' },
    });
  });

  test("[EXTRACT-5] of two texts for one place stays the one of today's English, or else the one that is there", () => {
    const now = sourceOf('Which?');
    expect(places({ 'a.ask': 'x', 'b.ask': 'x' })).toEqual([['b.ask', 'b.ask']]);
    expect(places({ 'b.ask': 'x', 'a.ask': now })).toEqual([['b.ask', 'a.ask']]);
    expect(places({ 'b.ask': now, 'a.ask': now })).toEqual([['b.ask', 'b.ask']]);
    expect(places({ 'old.ask': 'x', 'a.ask': now })).toEqual([['b.ask', 'a.ask']]);
  });

  test('[EXTRACT-6] an old name that is another step now takes nothing from it', () => {
    expect(places({ 'b.say.0': 'x', 'b.say.2': 'x', 'd.say.0': 'x' })).toEqual([
      ['b.say.0', 'b.say.0'],
      ['c.say.0', 'd.say.0'],
    ]);
  });

  test('[EXTRACT-7] --check says what would change and changes nothing; without it all is written, and once', async () => {
    place.writeTranslated({ ...translationOf(goodbye(), true), namespace: 'no-such-flow' });
    place.writeTranslated(translationOf(goodbye(), true, 'pl'));
    const stray = translationOf(goodbye(), true);
    place.writeTranslated({
      ...stray,
      texts: { ...stray.texts, 'no_such_step.ask': { of: 'x', text: 'x' } },
    });
    write('locales/en/no-such-flow.json', '{}');
    write('locales/en/goodbye.json', '{}');
    const service = read('locales/en/service.json');

    const checked = await run(() => extractTexts(['--check'], place.project()));
    expect(checked.code).toBe(1);
    expect(checked.lines).toEqual(
      expect.arrayContaining([
        'locales/en/goodbye.json: not as the flow is now.',
        'locales/en/welcome.json: new.',
        'locales/en/no-such-flow.json: of a flow that is gone.',
        'locales/cy/no-such-flow.json: of a flow that is gone.',
        'locales/cy/goodbye.json: 0 texts of renamed steps, 1 text of which the English is gone.',
      ]),
    );
    expect(read('locales/en/goodbye.json')).toBe('{}');
    expect(existsSync(place.file('locales/en/welcome.json'))).toBe(false);

    expect((await run(() => extractTexts([], place.project()))).code).toBe(0);
    expect(read('locales/en/goodbye.json')).toBe(englishTexts(goodbye()));
    expect(JSON.parse(read('locales/cy/goodbye.json'))).toEqual({ approved: true, texts: stray.texts });
    expect(readdirSync(place.file('locales/en')).filter(name => name.endsWith('.json'))).toEqual(
      [...NAMES, 'service'].sort().map(name => `${name}.json`),
    );
    expect(readdirSync(place.file('locales/cy'))).toEqual(['goodbye.json']);
    expect(read('locales/en/service.json')).toBe(service);
    expect(await run(() => extractTexts(['--check'], place.project()))).toEqual({
      code: 0,
      lines: ['Every text is extracted: nothing to change.'],
    });
  });
});

/** The words of the comments of a flow file, sorted; every line that begins with one, and those behind a line. */
function commentsIn(source: string): string[] {
  return source
    .split('\n')
    .flatMap(line => {
      const comment =
        /(?:^|\s)# ?((?:why|inside|deep|at the end) \d+)\s*$/.exec(line) ?? /^\s*#\s*(.*)$/.exec(line);
      return comment ? [(comment[1] ?? '').trim()] : [];
    })
    .sort();
}

test('[FORMAT-8] the shipped flows are in their shape, and the English texts by key are those of the flows', async () => {
  expect(await run(() => formatFlows(['--check']))).toMatchObject({ code: 0 });
  expect(await run(() => extractTexts(['--check']))).toMatchObject({ code: 0 });
});
