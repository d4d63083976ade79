import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Severity } from '../src/channels/protocol.ts';
import { conversationSeverity, NO_MEMORY, remember } from '../src/risk/accumulate.ts';
import { detect } from '../src/risk/detect.ts';
import { explain } from '../src/risk/explain.ts';
import type { Lexicon } from '../src/risk/lexicon.ts';
import { expectSound, found, lexicon, NOW, read, readSplit } from './support/risk.ts';

describe('messages sent in parts', () => {
  it.each([
    [['i want', 'to die']],
    [['i want to', 'die']],
    [['i', 'want to', 'die']],
    [['i got kicked', 'out']],
    [['im not going to', 'kill myself']],
    [['i want to die', 'tonight']],
    [['my dad', 'hits me', 'with a hammer']],
    [['this homework makes me want', 'to die']],
  ])('[RISK-6] count like the joined message (case %#)', texts => {
    const { last } = readSplit(texts);
    expect(found(last)).toEqual(found(read(texts.join(' '))));
    expectSound(last, texts.at(-1) ?? '');
  });

  it('[RISK-6] but only within two minutes of each other', () => {
    expect(readSplit(['i want', 'to die'], 120_000).last.severity).toBe(2);
    expect(readSplit(['i want', 'to die'], 120_001).last.severity).toBe(0);
  });

  it('[RISK-6] a joke in an earlier message excuses nothing that comes after it', () => {
    expect(read('lol kms').severity).toBe(0);
    expect(readSplit(['lol', 'kms']).last.severity).toBe(2);
  });
});

describe('evidence', () => {
  it('[RISK-7] is the exact words of the original', () => {
    const text = '  Hi… i’m ok but “mum KICKED me OUT” 😭';
    const finding = read(text);
    expectSound(finding, text);
    expect(finding.evidence.map(({ said }) => said)).toContain('mum KICKED me OUT');
  });

  it('[RISK-8] nothing throws, and every finding is sound, on 2,000 random texts', () => {
    const words = fc.constantFrom(
      'i',
      'want to',
      'die',
      'kms',
      'lol',
      'not',
      'he',
      'hit me',
      'tonight',
      'im 11',
      '💊',
      'd',
      '.',
      '\u200b',
      'ﷺ',
      '\ud83d',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      fc.array(words, { maxLength: 60 }).map(list => list.join(' ')),
      fc.array(words, { maxLength: 60 }).map(list => list.join('')),
    );
    fc.assert(
      fc.property(text, text, (before, now) => {
        const memory = remember(NO_MEMORY, read(before), { text: before, at: NOW });
        const finding = detect(lexicon, memory, { text: now, at: NOW + 1000 });
        expectSound(finding, now);
        expect(finding.applied.some(effect => effect.endsWith('3 → 0'))).toBe(false);
        expect(explain(finding)).not.toBe('');
        const after = remember(memory, finding, { text: now, at: NOW + 1000 });
        expect(conversationSeverity(after)).toBeGreaterThanOrEqual(conversationSeverity(memory));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('what stands around a match', () => {
  it.each<[string, Severity, string]>([
    ['i dont want to die', 1, 'negation'],
    ['im not going to kill myself', 1, 'negation'],
    ['he never hit me', 1, 'negation'],
    ['i didnt run away', 0, 'negation'],
    ['gonna kill myself lol', 1, 'joke'],
    ['im gonna kill myself laughing', 1, 'shield'],
    ['i used to cut myself', 1, 'past'],
    ['i tried to kill myself years ago', 2, 'past'],
    ['i want to die tonight', 3, 'time'],
    ['i want to die and ive got my nans pills', 3, 'means'],
    ['my dad hits me im 10', 3, 'under 13'],
    ['i ran away because my dad hits me', 3, 'with abuse_physical'],
  ])('[RISK-9] is named and keeps within its limits (case %#)', (text, severity, rule) => {
    const finding = read(text);
    expect(finding.severity).toBe(severity);
    expect(finding.applied.join()).toContain(`${rule}:`);
  });

  it.each<[string, Severity]>([
    ['im not ok i want to die', 2],
    ['dont tell anyone but i want to die', 2],
    ['no. i want to die', 2],
    ['why dont i just kill myself', 2],
    ['i dont know what to do i want to die', 2],
    ['im not suicidal but its all i think of', 2],
    ['kms lol not joking', 2],
    ['i want to die lol', 2],
    ['ive taken 30 paracetamol lol', 3],
  ])('[RISK-9] and what only looks like a denial or a joke lowers nothing (case %#)', (text, severity) => {
    expect(read(text).severity).toBe(severity);
  });

  it('[RISK-9] time, means or a young age never make a message less serious', () => {
    for (const text of [
      'i want to die',
      'my dad hits me',
      'i ran away',
      'i feel so alone',
      'kicked out',
      'hello',
    ]) {
      for (const more of ['tonight', 'with a knife', 'im 11']) {
        expect(read(`${text} ${more}`).severity).toBeGreaterThanOrEqual(read(text).severity);
      }
    }
  });
});

describe('when reading fails', () => {
  it('[RISK-12] the message goes to a person instead of being dropped', () => {
    const broken: Lexicon = Object.defineProperty({ ...lexicon }, 'root', {
      get: () => {
        throw new Error('damaged');
      },
    });
    expect(detect(broken, NO_MEMORY, { text: 'hello', at: NOW })).toMatchObject({
      severity: 1,
      couldNotRead: true,
    });
  });

  it('[RISK-12] writing that no row knows is not taken for harmless', () => {
    expect(read('Хочу умереть')).toMatchObject({ severity: 1, couldNotRead: true });
    expect(read('Хочу умереть i want to die')).toMatchObject({ severity: 2, couldNotRead: false });
  });

  it('[RISK-12] a very long text is read to its end', () => {
    const filler = 'the bus was late and then we had some chips '.repeat(88);
    for (const text of [
      `${filler}i want to die`,
      `i want to die ${filler}`,
      `${filler.slice(0, 1990)} i want to die ${filler.slice(0, 1900)}`,
    ]) {
      expect(read(text).severity).toBe(2);
      expectSound(read(text), text);
    }
  });
});

describe('what a conversation remembers', () => {
  it('[RISK-13] its severity never falls by itself', () => {
    const { last, memory } = readSplit(['i want to die', 'lol jk', 'im fine now'], 600_000);
    expect(last.severity).toBe(0);
    expect(conversationSeverity(memory)).toBe(2);
  });

  it('[RISK-13] weak signs of different kinds add up, the same one again does not', () => {
    const weak = [
      'i feel so alone',
      'my nan hates me',
      'havent eaten all day',
      'i hate my body',
      'i smoke weed',
      'they call me names',
    ];
    for (const text of weak) expect(read(text).severity).toBe(1);
    expect(conversationSeverity(readSplit(weak, 600_000).memory)).toBe(2);
    expect(conversationSeverity(readSplit(Array(12).fill('i feel so alone'), 600_000).memory)).toBe(1);
  });

  it('[RISK-13] asking for a person again and again is no sign of danger', () => {
    expect(readSplit(['can i talk to a person', 'i need a human'], 600_000).memory.points).toBe(0);
  });

  it('[RISK-13] points halve every 24 hours', () => {
    const { memory } = readSplit(['i ran away']);
    expect(memory.points).toBe(5);
    const day = 24 * 60 * 60 * 1000;
    const later = (at: number) => remember(memory, read('hello'), { text: 'hello', at }).points;
    expect([later(NOW + day - 1), later(NOW + day), later(NOW + 2 * day)]).toEqual([5, 2, 1]);
  });

  it('[RISK-13] and it keeps only the last three texts of two minutes, cut short', () => {
    const { memory } = readSplit(['a', 'b', 'c', 'd', 'x'.repeat(4000)], 1000);
    expect(memory.texts.map(({ text }) => text.length)).toEqual([1, 1, 500]);
    expect(readSplit(['a', 'b'], 120_001).memory.texts).toHaveLength(1);
    expect(JSON.stringify(memory).length).toBeLessThan(1000);
    expect(memory.lexiconVersion).toBe(lexicon.version);
  });
});

describe('explaining', () => {
  it.each([
    ['i want to die', '"want to die" — suicide, level 2, not lowered.'],
    ['i dont want to die', '"want to die" — suicide, level 1, lowered by negation.'],
    ['i want to die tonight', '"want to die" — suicide, level 3, raised by time.'],
    ['hello', 'no risk words found.'],
    [
      'i dont want to die. i cut my arms',
      '"cut my arms" — self harm, level 2, not lowered; "want to die" — suicide, level 1, lowered by negation.',
    ],
    [
      'i used to cut myself. anyway its been a long week at school and home and i cut my arms',
      '"cut my arms" — self harm, level 2, not lowered; "used to cut myself" — self harm, level 1, lowered by past.',
    ],
  ])('[RISK-15] is one sentence a worker can read aloud (case %#)', (text, sentence) => {
    expect(explain(read(text))).toBe(sentence);
  });
});
