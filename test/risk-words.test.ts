import { describe, expect, it } from 'vitest';
import type { Severity } from '../src/channels/protocol.ts';
import { NO_MEMORY } from '../src/risk/accumulate.ts';
import { detect } from '../src/risk/detect.ts';
import { CATEGORIES, type Category, type LexiconSource, parseLexicon } from '../src/risk/lexicon.ts';
import { normalise } from '../src/risk/normalise.ts';
import { compiled, expectSound, FILE, found, lexicon, NOW, read, SOURCES } from './support/risk.ts';

describe('the shipped risk words', () => {
  it('[RISK-1] compile without a problem, and cover every category', () => {
    const rows = lexicon.rules.filter(rule => rule.kind === 'row');
    expect(rows.length).toBeGreaterThanOrEqual(150);
    expect([...new Set(rows.map(({ category }) => category))].sort()).toEqual([...CATEGORIES].sort());
  });

  it('[RISK-1] are named by a hash of their content', () => {
    expect(lexicon.version).toMatch(/^[0-9a-f]{16}$/);
    const versionOf = (sources: LexiconSource[]) =>
      parseLexicon(sources, { examples: false }).lexicon?.version;
    expect(versionOf(SOURCES)).toBe(lexicon.version);
    const edited = SOURCES.map((one, i) =>
      i === 0 ? { ...one, source: `${one.source}\n# one more line\n` } : one,
    );
    expect(versionOf(edited)).not.toBe(lexicon.version);
  });
});

describe('every category is heard', () => {
  const cases: [Category, Severity, string][] = [
    ['suicide', 2, 'honestly i just want to die'],
    ['suicide', 2, 'my little brother keeps saying he is going to hang himself'],
    ['suicide', 3, 'wrote my goodbye letter last thing'],
    ['suicide', 3, 'gonna end it all tonight'],
    ['self_harm', 2, 'ive started burning myself again'],
    ['self_harm', 3, 'think i cut too deep'],
    ['overdose', 3, 'ive just swallowed about 30 tablets'],
    ['overdose', 2, 'how many paracetamol is too many'],
    ['abuse_physical', 2, 'my uncle batters me when he gets in'],
    ['abuse_physical', 3, 'me dad had his hands round my throat'],
    ['abuse_sexual', 2, 'my cousin keeps touching me'],
    ['abuse_sexual', 3, 'i got raped last night'],
    ['abuse_emotional', 2, 'mum tells me im worthless'],
    ['domestic_abuse', 2, 'mums boyfriend punched her again'],
    ['neglect', 2, 'theres nothing to eat in the house'],
    ['neglect', 3, 'my baby sister is home alone'],
    ['cse_grooming', 2, 'he keeps asking for nudes'],
    ['cse_grooming', 2, 'my boyfriend is 31'],
    ['cce_gang', 2, 'they made me carry a package'],
    ['cce_gang', 3, 'im stuck in the trap house'],
    ['trafficking', 2, 'the boss took my passport'],
    ['honour', 2, 'my parents are forcing me to get married'],
    ['honour', 3, 'theyre forcing me to marry and the flight is booked'],
    ['immediate', 3, 'some man is following me'],
    ['immediate', 2, 'help me'],
    ['threat_others', 2, 'i keep thinking about stabbing him'],
    ['threat_others', 3, 'i stabbed someone'],
    ['rough_sleeping', 2, 'slept in a doorway'],
    ['rough_sleeping', 3, 'im outside and freezing'],
    ['missing', 2, 'ive done a runner from my placement'],
    ['medical', 3, 'i cant breathe'],
    ['medical', 2, 'i think im pregnant'],
    ['substance', 2, 'im addicted to ketamine'],
    ['substance', 3, 'someone spiked my drink'],
    ['eating', 2, 'been making myself sick after tea'],
    ['eating', 3, 'not eaten for 6 days'],
    ['psychosis', 2, 'i can hear voices'],
    ['psychosis', 3, 'the voices tell me to hurt people'],
    ['bullying', 2, 'they told me to go die'],
    ['under13', 2, 'im 11'],
    ['surveillance', 2, 'my ex reads my messages'],
    ['wants_human', 1, 'can i speak to a human'],
    ['distress', 1, 'i feel so alone'],
  ];
  it.each(cases)('[RISK-2] %s at level %i (case %#)', (category, severity, text) => {
    const finding = read(text);
    expect(finding.categories).toContain(category);
    expect(finding.severity).toBe(severity);
    expectSound(finding, text);
  });

  it('[RISK-2] and there is a case for each of them', () => {
    expect(new Set(cases.map(([category]) => category)).size).toBe(CATEGORIES.length);
  });
});

describe('whole words', () => {
  it.each([
    'dieting makes people grumpy',
    'grapes and rapeseed oil',
    'is the hostel near penistone',
    'skilled at thanking people',
    'therapists give advice',
    'essex road',
    'the classic assassin game',
    'they want to diesel the car',
  ])('[RISK-3] a risk word inside another word is not one (case %#)', text => {
    expect(read(text).severity).toBe(0);
  });
});

describe('disguises', () => {
  const plain = found(read('i want to die'));
  it.each([
    'I WANT TO DIE',
    'i  want\n to die!!!',
    'i wanna die',
    'i wnt 2 die',
    'w4nt t0 d1e',
    'i want to d!e',
    'i want to d.i.e',
    'i want to d i e',
    'i want to d*i*e',
    'i waaaant to dieeeee',
    'i want to d\u200bi\u200be',
    'i ｗａｎｔ ｔｏ ｄｉｅ',
    'i 𝐰𝐚𝐧𝐭 𝐭𝐨 𝐝𝐢𝐞',
    'i wánt tó díe',
    'i want to dіе',
    'i really fucking want to just die',
    'i want\u00adto die'.replace('\u00ad', ' '),
  ])('[RISK-4] count like the plain words (case %#)', text => {
    expect(found(read(text))).toEqual(plain);
    expectSound(read(text), text);
  });

  it('[RISK-4] an apostrophe, straight, curly or missing, changes nothing', () => {
    const expected = found(read('i dont want to live'));
    expect(expected.severity).toBe(2);
    for (const text of ["i don't want to live", 'i don’t want to live', 'i do not want to live']) {
      expect(found(read(text))).toEqual(expected);
    }
  });

  it('[RISK-4] a word keeps what was written, and is read in addition', () => {
    expect(normalise('k1lll').map(({ readings }) => readings)).toContainEqual(
      expect.arrayContaining(['kill']),
    );
    expect(normalise('10mins')[0]?.readings).toEqual(['10mins']);
    expect(normalise('gr8')[0]?.readings[0]).toBe('gr8');
    expect(normalise('Don’t STOP').map(({ readings, start, end }) => [readings[0], start, end])).toEqual([
      ['dont', 0, 5],
      ['stop', 6, 10],
    ]);
  });
});

describe('look-alikes', () => {
  it.each([
    'dying of laughter',
    'this homework makes me want to die',
    'kms lol',
    'my phone died',
    'essay on suicide in romeo and juliet',
    'suicide squad is on later',
    'i want to end it with my girlfriend',
    'i cut my hair',
    'got a paper cut',
    'they cut the funding',
    'took 2 tablets for a headache',
    'overdosed on pizza',
    'hit me up',
    'our lads got battered 4-1',
    'my brother beats me at chess',
    'rapeseed',
    'that story touched me so much',
    'my parents are strict',
    'starving lol',
    'my girlfriend is 16 same as me',
    'my older brother is nice',
    'trap music',
    'the train line is down',
    'going to the country with nan',
    'i lost my passport',
    'my cousins wedding is on saturday',
    'going abroad on holiday',
    'he followed me on insta',
    'theres a man behind me in the queue',
    'gonna kill him lol',
    'having a sleepover',
    'kicked from the group chat',
    'ran away from a goose',
    'bleeding hell',
    'had us in stitches',
    'spice bag and chips',
    'spiked hair',
    'sick from too much cake',
    'watching the voice',
    'im 11 stone',
    'im 10 mins away',
    'im 12 weeks pregnant lol no',
    'my sister is 11',
    'when i was 11',
    'im in year 11',
    'got a new phone',
    'sorry wrong number',
  ])('[RISK-5] stay without an alarm (case %#)', text => {
    expect(read(text).severity).toBeLessThan(2);
  });

  it.each([
    'kms lol',
    'dying of laughter',
    'overdosed on pizza',
    'hit me up',
    'starving lol',
    'im 11 stone',
    'spiked hair',
    'i cut my hair',
  ])('[RISK-5] and ordinary talk is level 0 (case %#)', text => {
    expect(read(text).severity).toBe(0);
  });
});

describe('what most young people write for', () => {
  it.each([
    'I ran away',
    'i ran away from home',
    'kicked out, nowhere to go tonight',
    'ran away and nowhere to sleep tonight',
  ])('[RISK-10] brings a person and lets the flow go on: level 2 (case %#)', text => {
    expect(read(text).severity).toBe(2);
  });

  it.each([
    'hello',
    'is the hostel open on sunday',
    'can my dog come',
    'LS1',
    'yes',
    '2',
    '👍',
    '',
    '   ',
  ])('[RISK-10] and an ordinary message is level 0 (case %#)', text => {
    expect(read(text)).toMatchObject({ severity: 0, evidence: [], couldNotRead: false });
  });

  it('[RISK-11] asking for a person and a watched phone are reported apart from severity', () => {
    expect(read('let me talk to a human please')).toMatchObject({ wantsHuman: true, channelUnsafe: false });
    expect(read('my dad reads my texts')).toMatchObject({ wantsHuman: false, channelUnsafe: true });
    expect(read('my dad doesnt read my texts').channelUnsafe).toBe(false);
  });
});

describe('a mistake in the risk words', () => {
  const row = (more: string) =>
    `rows:\n  - category: suicide\n    severity: 2\n    pattern: want to die\n    hits: [i want to die]\n    misses: [hello]\n${more}`;

  it.each<[string, string, number]>([
    ['a broken file', 'rows: [', 1],
    ['a key twice', `${row('')}rows: []\n`, 7],
    ['an anchor', 'fillers: &a [so]\n', 1],
    ['a tag', 'fillers: !!seq [so]\n', 1],
    ['a misspelt field', row('    negateable: true\n'), 2],
    ['an unknown category', row('').replace('suicide', 'sadness'), 2],
    ['a severity of 4', row('').replace('severity: 2', 'severity: 4'), 3],
    ['no example to hit', row('').replace('[i want to die]', '[]'), 5],
    ['a hit that is not found', row('').replace('[i want to die]', '[i want to die, i want to live]'), 5],
    ['a miss that is found', row('').replace('[hello]', '[hello, want to die]'), 6],
    ['a bracket left open', row('').replace('want to die', '(want to die'), 4],
    ['an unknown macro', row('').replace('want to die', "'{want} to die'"), 4],
    ['two words as one', row('').replace('want to die', 'want-to die'), 4],
    ['a gap too wide', row('').replace('want to die', 'want ~9 die'), 4],
    ['nothing but optional words', row('').replace('want to die', 'want?'), 4],
  ])('[RISK-14] %s is refused with its line', (_, source, line) => {
    const { lexicon: none, problems } = parseLexicon([{ language: 'en', file: FILE, source }]);
    expect(none).toBeNull();
    expect(problems.map(problem => problem.line)).toContain(line);
    expect(problems.every(({ file, message }) => file === FILE && message.length > 0)).toBe(true);
  });

  it('[RISK-14] fillers may stand anywhere in a phrase, up to three of them', () => {
    const own = compiled(`fillers: [just]\n${row('')}`);
    const severity = (text: string) => detect(own, NO_MEMORY, { text, at: NOW }).severity;
    expect(['want just to just die', 'want just just just to die'].map(severity)).toEqual([2, 2]);
    expect(['want just just just just to die', 'want really to die'].map(severity)).toEqual([0, 0]);
  });

  it('[RISK-14] and a sound file is taken, with its grammar: choices, concepts, optional words and gaps', () => {
    const source = `concepts:\n  want: (want/long)\n${row('').replace('pattern: want to die', "pattern: '{want} to ~2 (die/be dead) now?'")}`;
    const own = compiled(source);
    const severity = (text: string) => detect(own, NO_MEMORY, { text, at: NOW }).severity;
    expect(['i long to die', 'want to be dead now', 'want to very quickly die'].map(severity)).toEqual([
      2, 2, 2,
    ]);
    expect(['want to oh so quickly die', 'to die', 'want die'].map(severity)).toEqual([0, 0, 0]);
  });
});
