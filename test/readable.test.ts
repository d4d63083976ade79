import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { plainForSms, segmentsOf } from '../src/channels/texting.ts';
import { type Problem, type ReadFlow, readFlow } from '../src/flows/flow.ts';
import { smsProblems, warningsOf } from '../src/flows/readable.ts';
import { readingAge } from '../src/flows/reading-age.ts';
import { makeLetters, measureSms } from '../src/flows/sms-length.ts';
import { readServiceLines } from '../src/flows/store.ts';
import { sourceOf, type Translation } from '../src/flows/translation.ts';

/** Short fixed lines, so that what is counted can be counted by hand. */
const SERVICE = {
  'choice.person': 'Talk to a person',
  'choice.skip': 'Skip this',
  'sms.option': '{{n}} {{label}}',
  'person.onDuty': 'Here.',
  'person.offDuty': 'o'.repeat(90),
  'emergency.call': `${'e'.repeat(57)} {{number}}.`,
};

/** A flow of these steps, with the line of the first step being the sixth. */
function flowOf(steps: string): ReadFlow {
  const source = `flow: heron\ntitle: Heron\nstart: a\nremember: { place: { keep: 1d } }\nsteps:\n${steps}`;
  const { read, problems } = readFlow(source, 'flows/heron.yaml');
  if (!read) throw new Error(problems.map(({ message }) => message).join());
  return read;
}

const saying = (text: string, more = '') =>
  flowOf(`  a:\n    say: ${JSON.stringify(text)}\n${more}    end: b\n`);

function warned(read: ReadFlow, translations: Translation[] = [], service = SERVICE): Problem[] {
  return warningsOf([read], translations, service);
}

function translated(language: string, texts: Record<string, [of: string, text: string]>): Translation {
  const own = Object.entries(texts).map(([key, [of, text]]) => [key, { of: sourceOf(of), text }]);
  return { language, namespace: 'heron', approved: false, texts: Object.fromEntries(own) };
}

/** Only what is said of this flow in this language; the fixed lines here are never translated. */
function warnedIn(language: string, read: ReadFlow, texts: Record<string, [of: string, text: string]>) {
  return warned(read, [translated(language, texts)]).filter(
    ({ file }) => file === `locales/${language}/heron.json`,
  );
}

/** Sentences with | between them. */
const each = (sentences: string) => sentences.split('|').map(sentence => sentence.trim());

describe('how hard the words are', () => {
  const HARD = 'Organisational considerations necessitate appropriate organisational accountability.';
  const EASY = 'We will look for it now. You can stay here. Tell us what you need. ';

  test('[READ-1] a flow whose texts together need a reading age over 9 is warned of, at its hardest sentence', () => {
    const steps = [0, 1, 2, 3].map(() => `    - ${EASY}\n`).join('');
    const read = flowOf(`  a:\n    say:\n${steps}    - ${`${HARD} `.repeat(6)}\n    end: b\n`);
    const hard = warned(read).filter(({ message }) => message.includes('reading age'));
    expect(hard).toEqual([
      {
        file: 'flows/heron.yaml',
        line: 12,
        message: expect.stringMatching(/reading age of \d+\.\d; .*"a"\.$/),
      },
    ]);
  });

  test('[READ-1] the age is the grade of the formula and five, and a number counts as a word', () => {
    // 0.39 × 10 words a sentence + 11.8 × 1 syllable a word − 15.59 + 5
    const short = 'We go at 7 and you can come with us. ';
    expect(readingAge([short.repeat(3), short.repeat(3)])?.years).toBeCloseTo(0.39 * 10 + 11.8 - 15.59 + 5);
    expect(readingAge([short.repeat(4)])).toBeNull();
    expect(readingAge([short.repeat(5), HARD, short])?.hardest).toBe(1);
  });

  test('[READ-1] one hard text in an easy flow, a few words alone, and labels are not', () => {
    expect(warned(saying(HARD))).toEqual([]);
    expect(warned(saying(`${EASY}${EASY}${EASY}${EASY}`, `    marks: [light]\n`))).toEqual([]);
    const steps = [0, 1, 2, 3].map(() => `    - ${EASY}\n`).join('');
    expect(warned(flowOf(`  a:\n    say:\n${steps}    - ${HARD}\n    end: b\n`))).toEqual([]);
    const labels = ['c', 'd', 'e'].map(id => `      ${id}: { label: ${HARD}, go: b }\n`).join('');
    expect(
      warned(
        flowOf(`  a:\n    say:\n${steps}    ask: Which?\n    choices:\n${labels}  b:\n    end: b\n`),
      ).filter(({ message }) => message.includes('reading age')),
    ).toEqual([]);
  });

  test('[READ-2] a sentence of more than 20 words is named with its line; a new line ends a sentence', () => {
    const words = (n: number) => Array.from({ length: n }, () => 'go').join(' ');
    const read = flowOf(`  a:\n    say:\n      - Hello.\n      - ${words(21)}.\n    end: b\n`);
    expect(warned(read)).toEqual([
      {
        file: 'flows/heron.yaml',
        line: 9,
        message: expect.stringContaining('has 21 words, from "go go go go"'),
      },
    ]);
    expect(warned(saying(`${words(20)}. ${words(20)}? ${words(20)}\n${words(20)}`))).toEqual([]);
    expect(warned(saying(`${words(10)} {{person}} ${words(20)}`))).toEqual([]);
  });

  test('[READ-2] in another language the sentences are counted too, in one warning with their keys', () => {
    const long = Array.from({ length: 21 }, () => 'słowo').join(' ');
    const read = flowOf('  a:\n    say: [Now., Then.]\n    end: b\n');
    expect(warnedIn('pl', read, { 'a.say.0': ['Now.', long], 'a.say.1': ['Then.', 'Teraz.'] })).toEqual([
      {
        file: 'locales/pl/heron.json',
        line: 1,
        message: 'There is 1 text in Polish with a sentence of more than 20 words: a.say.0.',
      },
    ]);
  });

  test('[READ-3] a text over 300 characters is warned of once, on the web and by SMS, whatever fills it', () => {
    const text = (n: number) => `${'aaaaaaaa. '.repeat(n / 10 - 1)}bbbbbbbbb.`;
    expect(warned(saying(text(300)))).toEqual([]);
    const web = '    sms: { say: Short. }\n';
    expect(warned(saying(text(310), web)).map(({ message }) => message)).toEqual([
      'The text in "a" has 310 characters; more than 300 are not read to the end.',
    ]);
    expect(warned(saying(text(310)))).toHaveLength(1);
    expect(warned(saying(`${text(220)}{{person}}`, web))).toHaveLength(1);
  });
});

describe('what the words say', () => {
  test.each(
    each(`
    He is streetwise. | She was promiscuous. | A troublesome child. | You absconded. |
    You are putting yourself at risk. | It is a lifestyle choice. | You were associating with them. |
    Your older boyfriend is there. | Is your boyfriend an adult? | Child prostitution. |
    That is attention seeking. | It was attention-seeking. | You should have told us.`),
  )('[READ-4] blame is warned of, in texts and labels: %s', text => {
    const label = flowOf(
      `  a:\n    ask: Which?\n    choices:\n      c: { label: ${JSON.stringify(text)}, go: b }\n  b:\n    end: b\n`,
    );
    expect(warned(saying(text)).map(({ line, message }) => [line, /blame/.test(message)])).toEqual([
      [7, true],
    ]);
    expect(warned(label).map(({ line, message }) => [line, /blame/.test(message)])).toEqual([[9, true]]);
  });

  test.each(
    each(`
    The street is wise. | You can tell your boyfriend. | An adult can help. My boyfriend can too. |
    You should have a say. | You could have somebody with you. | No trouble.`),
  )('[READ-4] what only looks like it is not: %s', text => {
    expect(warned(saying(text))).toEqual([]);
  });

  test.each(
    each(`
    You are safe now. | You're safe here. | We promise to help. | No one will know. |
    Nobody else will ever find out. | This is confidential. | We keep it secret. |
    We will find you a bed. | We'll get you a place. | Someone is coming. |
    A trained person will be here. | Do not worry, we promise.`),
  )('[READ-5] a promise that nobody can keep is warned of: %s', text => {
    expect(warned(saying(text)).map(({ message }) => message)).toEqual([
      expect.stringMatching(/^"a" promises what nobody can keep/),
    ]);
  });

  test.each(
    each(`
    I cannot promise a bed. | Are you safe now? | Tell us when you are safe now. |
    If someone is coming, run. | This is not confidential. | I cannot say that someone is coming. |
    Is this confidential?`),
  )('[READ-5] to say that it cannot be promised, or to ask, is not: %s', text => {
    expect(warned(saying(text))).toEqual([]);
  });

  test('[READ-5] the fixed lines are read too, a label is not: it is what the young person says', () => {
    const label = `  a:\n    ask: Which?\n    choices:\n      c: { label: Someone is coming, go: b }\n  b:\n    end: b\n`;
    expect(warned(flowOf(label))).toEqual([]);
    expect(warned(saying('Now.'), [], { ...SERVICE, 'person.onDuty': 'Someone is coming.' })).toEqual([
      {
        file: 'locales/en/service.json',
        line: 1,
        message: expect.stringContaining('"person.onDuty" promises'),
      },
    ]);
  });
});

describe('the words in other languages', () => {
  const NUMBERS = 'Open: {{numbers}}';

  test('[READ-6] a translation that has lost a variable, or names one that the English does not, is warned of first', () => {
    const read = flowOf(`  a:\n    say: ["${NUMBERS}", Someone is coming.]\n    end: b\n`);
    const all = warned(read, [
      translated('cy', {
        'a.say.0': [NUMBERS, 'Ar agor: {{numberau}}'],
        'a.say.1': ['Someone is coming.', 'Nawr.'],
      }),
    ]);
    expect(all.slice(0, 2).map(({ file, line, message }) => [file, line, message])).toEqual([
      ['locales/cy/heron.json', 1, '"a.say.0" in Welsh has lost {{numbers}}, which the English says.'],
      ['locales/cy/heron.json', 1, '"a.say.0" in Welsh names {{numberau}}, which the English does not.'],
    ]);
  });

  test.each(
    each(`
    Ar agor: {numbers} | Ar agor: {{ numbers }} | Ar agor: {{numbers | Ar agor: {{Numbers}}`),
  )('[READ-6] also one that is only written wrong: %s', text => {
    expect(warnedIn('cy', saying(NUMBERS), { 'a.say.0': [NUMBERS, text] })[0]?.message).toContain(
      'has lost {{numbers}}',
    );
  });

  test('[READ-6] not the figure in "one minute", nor a text that is not said any more', () => {
    expect(warnedIn('cy', saying(NUMBERS), { 'a.say.0': [NUMBERS, 'Ar agor: {{numbers}}'] })).toEqual([]);
    expect(warnedIn('cy', saying(NUMBERS), { 'a.say.0': ['Once.', 'Nawr.'] })[0]?.message).toContain(
      'changed',
    );
    const service = { ...SERVICE, wait_one: '{{count}} hour', wait_other: '{{count}} hours' };
    const forms = { one: 'Awr', two: 'Dwy awr', few: 'Oriau', many: '{{count}} awr' };
    const texts = Object.entries(forms).map(([form, text]) => [
      `wait_${form}`,
      { of: sourceOf('{{count}} hours'), text },
    ]);
    const own = { language: 'cy', namespace: 'service', approved: false, texts: Object.fromEntries(texts) };
    expect(warned(saying('Now.'), [own], service)[0]?.message).toBe(
      '"wait_few" in Welsh has lost {{count}}, which the English says.',
    );
    expect(warned(saying('Now.'), [own], service).filter(({ message }) => /lost/.test(message))).toHaveLength(
      1,
    );
  });

  test('[READ-7] missing and stale texts are one warning for each language and flow, with counts and keys', () => {
    const read = flowOf('  a:\n    say: [One., Two., Three.]\n    end: b\n');
    const texts: Record<string, [string, string]> = {
      'a.say.0': ['One.', 'Un.'],
      'a.say.1': ['Once.', 'Dau.'],
    };
    expect(warnedIn('cy', read, texts).map(({ message }) => message)).toEqual([
      'Of 3 texts in Welsh: 1 missing (a.say.2), 1 whose English has changed since (a.say.1). English is said for them.',
    ]);
    expect(warnedIn('pl', read, {}).map(({ message }) => message)).toEqual([
      'Nothing of this is in Polish yet; English is said.',
    ]);
    expect(warned(read, [translated('cy', texts), translated('pl', texts)])).toHaveLength(4);
    const many = flowOf(`  a:\n    say: [${Array.from({ length: 14 }, (_, n) => `T${n}.`)}]\n    end: b\n`);
    expect(warnedIn('cy', many, { 'a.say.0': ['T0.', 'Un.'] })[0]?.message).toContain(
      'a.say.10, and 3 more)',
    );
  });

  test('[READ-8] accents of Welsh and Polish go without on a phone; what stays dear is named, in one warning', () => {
    const read = flowOf('  a:\n    say: [One., Two.]\n    end: b\n');
    const plain: [string, string] = ['Two.', 'Dŵr, żółw – “łódź”…'];
    expect(warnedIn('pl', read, { 'a.say.0': ['One.', 'Ŵy.'], 'a.say.1': plain })).toEqual([]);
    expect(
      warnedIn('pl', read, { 'a.say.0': ['One.', 'Tak 👍🏽 → tak'], 'a.say.1': plain }).map(
        ({ message }) => message,
      ),
    ).toEqual([
      'There is 1 text in Polish with letters that plain text messages do not have, 👍🏽 (an emoji), → (a letter): a.say.0.',
    ]);
  });

  test('[READ-8] Arabic is never in the SMS alphabet: only its length counts', () => {
    const read = saying('One.');
    expect(warnedIn('ar', read, { 'a.say.0': ['One.', 'م'.repeat(134)] })).toEqual([]);
    expect(
      warnedIn('ar', read, { 'a.say.0': ['One.', 'م'.repeat(135)] }).map(({ message }) => message),
    ).toEqual(['There is 1 text in Arabic longer than two parts by SMS: a.say.0.']);
  });

  test('[READ-8] in English each letter is named, with the line: curly quote, dash, emoji, other', () => {
    expect(warned(flowOf('  a:\n    say:\n      - Now.\n      - It’s – ok 👍 ŵ.\n    end: b\n'))).toEqual([
      {
        file: 'flows/heron.yaml',
        line: 9,
        message: expect.stringContaining('’ (a curly quote), – (a long dash), 👍 (an emoji), ŵ (a letter).'),
      },
    ]);
    expect(warned(saying('It’s ok.', '    sms: { say: It is ok. }\n'))).toEqual([]);
  });
});

describe('what does not fit a phone', () => {
  /** A question whose text alone has `length` letters, and which has one choice of three letters. */
  const asking = (length: number, more = '', marks = 'marks: [safety]') =>
    flowOf(
      `  a:\n    ${marks}\n    ask: ${'a'.repeat(length)}\n${more}    choices:\n      c: { label: Yes, go: b }\n      d: { label: ${'x'.repeat(90)}, shown: false, go: b }\n  b:\n    end: b\n`,
    );
  // "\n1 Yes" and "\n2 Talk to a person".
  const ROOM = 306 - 6 - 19;

  test('[SEG-1] on a safety step more than two parts stop publishing, with the options and the person counted', () => {
    expect(smsProblems([asking(ROOM)], SERVICE)).toEqual([]);
    expect(smsProblems([asking(ROOM + 1)], SERVICE)).toEqual([
      {
        file: 'flows/heron.yaml',
        line: 8,
        message: expect.stringMatching(
          /^The question with its choices in "a" has 307 characters by SMS; 306 fit/,
        ),
      },
    ]);
    expect(smsProblems([saying('a'.repeat(306), '    marks: [safety]\n')], SERVICE)).toEqual([]);
    expect(smsProblems([saying('a'.repeat(307), '    marks: [safety]\n')], SERVICE)).toHaveLength(1);
  });

  test('[SEG-1] "Skip this" is an option too', () => {
    const skip = '    text: { max: 9, can_skip: true }\n    go: b\n';
    expect(smsProblems([asking(ROOM - 12, skip)], SERVICE)).toEqual([]);
    expect(smsProblems([asking(ROOM - 11, skip)], SERVICE)).toHaveLength(1);
  });

  test('[SEG-1] where there are words for SMS, they are measured, and not those for the web', () => {
    const sms = (ask: number, label: number) =>
      `    sms: { ask: ${'b'.repeat(ask)}, choices: { c: ${'l'.repeat(label)} } }\n`;
    expect(smsProblems([asking(900, sms(ROOM, 3))], SERVICE)).toEqual([]);
    const long = smsProblems([asking(9, sms(ROOM, 4))], SERVICE);
    expect(long.map(({ line }) => line)).toEqual([9]);
    const say = (length: number) => `    marks: [safety]\n    sms: { say: [Now., ${'b'.repeat(length)}] }\n`;
    expect(smsProblems([saying('a'.repeat(900), say(306))], SERVICE)).toEqual([]);
    expect(smsProblems([saying('Now.', say(307))], SERVICE)).toHaveLength(1);
  });

  test('[SEG-2] on any other step it is a warning, and never both', () => {
    const other = asking(ROOM + 1, '', 'marks: [light]');
    expect(smsProblems([other], SERVICE)).toEqual([]);
    expect(warned(other).map(({ line, message }) => [line, message.slice(0, 30)])).toEqual([
      [8, 'The question with its choices '],
    ]);
    expect(warned(asking(ROOM + 1))).toEqual([]);
  });

  test('[SEG-3] on a safety step what no text can carry cheaply stops publishing; a curly quote is made straight', () => {
    const safety = '    marks: [safety]\n';
    expect(smsProblems([saying('Go 👍', safety)], SERVICE)).toEqual([
      { file: 'flows/heron.yaml', line: 7, message: expect.stringContaining('👍 (an emoji).') },
    ]);
    expect(warned(saying('Go 👍', safety))).toEqual([]);
    expect(smsProblems([saying('It’s here', safety)], SERVICE)).toEqual([]);
    expect(warned(saying('It’s here', safety))).toHaveLength(1);
    const label = `  a:\n    marks: [safety]\n    ask: Which?\n    choices:\n      c: { label: 👍, go: b }\n  b:\n    end: b\n`;
    expect(smsProblems([flowOf(label)], SERVICE)).toHaveLength(1);
  });

  test.each([
    ['person', 90],
    ['emergency', 62],
    ['place', 20],
    ['numbers', 0],
    ['services', 0],
  ])('[SEG-4] {{%s}} counts as %i characters', (name, length) => {
    const text = (room: number) => `${'a'.repeat(room)}{{${name}}}`;
    const safety = '    marks: [safety]\n';
    expect(smsProblems([saying(text(306 - length), safety)], SERVICE)).toEqual([]);
    expect(smsProblems([saying(text(307 - length), safety)], SERVICE)).toHaveLength(1);
  });

  test('[SEG-5] a text is measured as the network counts it', () => {
    const letters = makeLetters();
    const text = (parts: string[], minLength: number, maxLength: number) =>
      fc.array(fc.constantFrom(...parts), { minLength, maxLength, size: 'max' }).map(found => found.join(''));
    const texts = fc.oneof(
      text(['a', 'a', 'a', 'é', '€', 'ł', 'ŵ', '’', '…', '\n'], 200, 306),
      text(['م', 'ش', 'ً', 'ّ', 'a', ' ', '،'], 115, 140),
      text(['a', 'م', '👍🏽', '→', '…', '½', 'ł'], 40, 135),
    );
    fc.assert(
      fc.property(texts, body => {
        expect(measureSms(body, letters).fits).toBe(segmentsOf(plainForSms(body)) <= 2);
      }),
      { numRuns: 120 },
    );
    const edges = ['a'.repeat(306), 'a'.repeat(307), '€'.repeat(153), 'م'.repeat(134), '👍'.repeat(67)];
    expect(edges.map(body => measureSms(body, letters).fits)).toEqual([true, false, false, true, false]);
  });
});

describe('the words that are shipped', () => {
  const files = readdirSync('flows').filter(name => name.endsWith('.yaml'));
  const reads = files.flatMap(
    name => readFlow(readFileSync(`flows/${name}`, 'utf8'), `flows/${name}`).read ?? [],
  );
  const service = readServiceLines('locales');

  test('[SEG-6] every safety step of every flow fits a phone', () => {
    expect(reads).toHaveLength(files.length);
    expect(smsProblems(reads, service)).toEqual([]);
  });

  test('[READ-9] no English text of a flow or of the service is warned of', () => {
    expect(warningsOf(reads, [], service)).toEqual([]);
  });
});
