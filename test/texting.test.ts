import fc from 'fast-check';
import { SegmentedMessage } from 'sms-segments-calculator';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Texting } from '../src/channels/protocol.ts';
import {
  ANSWER_WINDOW_MS,
  type Line,
  mayText,
  type Phone,
  packTexts,
  segmentsOf,
} from '../src/channels/texting.ts';
import { readContent } from '../src/content.ts';
import { lineVars, numberLines } from '../src/conversation/lines.ts';
import type { Reachability, SafeToText } from '../src/database/tables.ts';
import { type Contact, openContacts, parseContacts } from '../src/directory/contacts.ts';
import { type Bundle, makeBundle } from '../src/flows/bundle.ts';
import { readServiceLines } from '../src/flows/store.ts';
import { textsOf } from '../src/words.ts';

const NOW = Date.UTC(2026, 10, 18, 14);
const SAFE_TO_TEXT = ['unknown', 'safe', 'notNow', 'never'] as const satisfies SafeToText[];
const WHY = { Y: null, N: 'notNow', W: 'watched', S: 'stopped', P: 'paused', F: 'failed' } as const;

/**
 * Who may text a phone: in each cell one letter for each answer to "may we text you" (unknown, safe, notNow, never).
 * Y yes · N not now · W watched · S stopped · P paused · F failed.
 */
const MAY: Record<
  Reachability,
  { [by in 'service' | 'worker' | 'confirmed']: [just: string, later: string] }
> = {
  open: { service: ['YYYW', 'NYNW'], worker: ['YYYW', 'NYNW'], confirmed: ['YYYY', 'YYYY'] },
  left: { service: ['YYYW', 'NYNW'], worker: ['YYYW', 'NYNW'], confirmed: ['YYYY', 'YYYY'] },
  // After STOP only a worker may answer, and only whoever wrote just now.
  stopped: { service: ['SSSS', 'SSSS'], worker: ['YYYW', 'SSSS'], confirmed: ['YYYY', 'SSSS'] },
  paused: { service: ['PPPP', 'PPPP'], worker: ['PPPP', 'PPPP'], confirmed: ['PPPP', 'PPPP'] },
  // Somebody else reads it: only a worker, and only having confirmed it.
  watched: { service: ['WWWW', 'WWWW'], worker: ['WWWW', 'WWWW'], confirmed: ['YYYY', 'YYYY'] },
  failed: { service: ['FFFF', 'FFFF'], worker: ['FFFF', 'FFFF'], confirmed: ['FFFF', 'FFFF'] },
};
const REACHABILITIES = ['open', 'left', 'stopped', 'paused', 'watched', 'failed'] as const;
const TABLE = REACHABILITIES.flatMap(reachability =>
  (['service', 'worker', 'confirmed'] as const).flatMap(by =>
    (['just now', 'before'] as const).flatMap((wrote, column) =>
      SAFE_TO_TEXT.map((safeToText, at) => ({
        reachability,
        by,
        wrote,
        safeToText,
        letter: MAY[reachability][by][column]?.[at] ?? '',
      })),
    ),
  ),
);

function phone(change: Partial<Phone> & { wroteAgo?: number } = {}): Phone {
  const { wroteAgo = ANSWER_WINDOW_MS + 1, ...rest } = change;
  return {
    reachability: 'open',
    safeToText: 'unknown',
    safeBetween: null,
    quietUntil: null,
    lastInboundAt: NOW - wroteAgo,
    ...rest,
  };
}

function answer(letter: string): Texting {
  const why = Object.entries(WHY).find(([known]) => known === letter)?.[1];
  return why ? { may: false, why } : { may: true };
}

describe('whether a text may go', () => {
  test.each(TABLE)('[TEXT-1] $reachability, $safeToText, wrote $wrote, by $by: $letter', ({
    reachability,
    safeToText,
    wrote,
    by,
    letter,
  }) => {
    const wroteAgo = wrote === 'just now' ? ANSWER_WINDOW_MS : ANSWER_WINDOW_MS + 1;
    const who = by === 'confirmed' ? 'worker' : by;
    expect(mayText(phone({ reachability, safeToText, wroteAgo }), who, NOW, by === 'confirmed')).toEqual(
      answer(letter),
    );
  });

  test('[TEXT-2] "just now" is ten minutes, to the millisecond', () => {
    expect(ANSWER_WINDOW_MS).toBe(10 * 60_000);
    expect(mayText(phone({ wroteAgo: 600_000 }), 'service', NOW).may).toBe(true);
    expect(mayText(phone({ wroteAgo: 600_001 }), 'service', NOW).may).toBe(false);
  });

  test('[TEXT-3] nobody but a worker can confirm', () => {
    for (const reachability of REACHABILITIES)
      for (const safeToText of SAFE_TO_TEXT) {
        const of = phone({ reachability, safeToText });
        expect(mayText(of, 'service', NOW, true)).toEqual(mayText(of, 'service', NOW, false));
      }
  });

  test('[TEXT-4] a quiet time holds back what is no answer, until it is over', () => {
    const quiet = { safeToText: 'safe', quietUntil: NOW + 1 } as const;
    expect(mayText(phone(quiet), 'service', NOW)).toEqual({ may: false, why: 'quiet' });
    expect(mayText(phone(quiet), 'worker', NOW)).toEqual({ may: false, why: 'quiet' });
    expect(mayText(phone(quiet), 'worker', NOW, true)).toEqual({ may: true });
    expect(mayText(phone({ ...quiet, wroteAgo: 0 }), 'service', NOW)).toEqual({ may: true });
    expect(mayText(phone({ ...quiet, quietUntil: NOW }), 'service', NOW)).toEqual({ may: true });
  });
});

const lines: fc.Arbitrary<Line[]> = fc
  .array(
    fc.record({
      from: fc.constantFrom('bot', 'worker', 'service'),
      // Also what is no GSM-7, where half as much fits.
      body: fc.oneof(
        fc.string({ minLength: 1, maxLength: 400 }),
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }),
        fc.constantFrom('OK.', 'a'.repeat(160), 'a'.repeat(306), 'a'.repeat(307), '€'.repeat(153), '👍'),
      ),
    }),
    { maxLength: 8 },
  )
  .map(found => found.map((line, i) => ({ ...line, seq: i + 1 })));

/** The lines that each text carries: a text carries every line up to its `seq` that the one before did not. */
function carried(all: Line[], packed: Line[]): Line[][] {
  return packed.map((text, i) =>
    all.filter(line => line.seq <= text.seq && line.seq > (packed[i - 1]?.seq ?? 0)),
  );
}

describe('lines become texts', () => {
  test('[TEXT-5] every line is there once, whole and in order', () => {
    fc.assert(
      fc.property(lines, all => {
        const packed = packTexts(all);
        expect(packed.map(text => text.body).join('\n\n')).toBe(all.map(line => line.body).join('\n\n'));
        expect(carried(all, packed).map(own => own.map(line => line.body).join('\n\n'))).toEqual(
          packed.map(text => text.body),
        );
        expect(packed.at(-1)?.seq).toBe(all.at(-1)?.seq);
      }),
    );
  });

  test('[TEXT-6] lines put together never take more than two segments, and are put together where they can be', () => {
    fc.assert(
      fc.property(lines, all => {
        const packed = packTexts(all);
        carried(all, packed).forEach((own, i) => {
          const text = packed[i];
          if (own.length > 1) expect(segmentsOf(text?.body ?? '')).toBeLessThanOrEqual(2);
          const next = all.find(line => line.seq === (text?.seq ?? 0) + 1);
          if (!next || (next.from === 'worker') !== (text?.from === 'worker')) return;
          expect(segmentsOf(`${text?.body}\n\n${next.body}`)).toBeGreaterThan(2);
        });
      }),
    );
  });

  test("[TEXT-7] a worker's words never share a text with the bot's, and a mixed text is the service's", () => {
    fc.assert(
      fc.property(lines, all => {
        const packed = packTexts(all);
        carried(all, packed).forEach((own, i) => {
          const from = new Set(own.map(line => line.from));
          const only = own[0]?.from;
          if (from.has('worker')) expect(from.size).toBe(1);
          expect(packed[i]?.from).toBe(from.size === 1 ? only : 'service');
        });
      }),
    );
  });

  test('[TEXT-6] counts segments as the network does', () => {
    const counts: [string, number][] = [
      ['a'.repeat(160), 1],
      ['a'.repeat(161), 2],
      ['a'.repeat(306), 2],
      ['a'.repeat(307), 3],
      // The euro is two characters in GSM-7; what is not in it makes every character two bytes.
      ['€'.repeat(80), 1],
      ['€'.repeat(81), 2],
      ['ł'.repeat(70), 1],
      ['ł'.repeat(71), 2],
      ['ł'.repeat(135), 3],
    ];
    for (const [text, segments] of counts) expect(segmentsOf(text)).toBe(segments);
  });
});

/** Not real services; the numbers are Ofcom's for drama. */
const CONTACTS = `
- { id: night, name: Night line, nations: [england], for: [talk], call: 07700 900010, hours: any, free: yes, source: made up for tests, verified_at: null }
- { id: day, name: Day line, nations: [england], for: [talk], call: 07700 900011, text: { to: 07700 900011 }, hours: { wed: ["09:00-16:30"] }, free: no, source: made up for tests, verified_at: null }
- { id: late, name: Late line, nations: [england], for: [talk], text: { to: 07700 900014, say: HERON }, hours: { wed: ["12:00-24:00"] }, free: unknown, source: made up for tests, verified_at: null }
- { id: never, name: Unknown line, nations: [england], for: [talk], call: 07700 900012, hours: unknown, free: yes, source: made up for tests, verified_at: null }
- { id: emergency, name: Emergency, nations: [england], for: [emergency], call: "07700 900013", hours: any, free: yes, source: made up for tests, verified_at: null }
`;

describe('the numbers that are open at this minute', () => {
  let contacts: Contact[];
  let bundle: Bundle;
  beforeAll(() => {
    contacts = parseContacts(CONTACTS, 'contacts.yaml').contacts;
    bundle = makeBundle('test', [], { en: { service: readServiceLines('locales') } });
  });
  const shown = (now: number) =>
    numberLines({ now, bundle, contacts }, 'en', openContacts(contacts, now, { kinds: ['talk'] })).split(
      '\n',
    );

  test('[TEXT-8] at 03:00 only what answers at night', () => {
    expect(shown(Date.UTC(2026, 10, 18, 3))).toEqual(['Night line: call 07700 900010 (free, any hour)']);
  });

  test('[TEXT-8] at 14:00 also what is open by day, with how to reach it, what it costs and until when', () => {
    expect(shown(Date.UTC(2026, 10, 18, 14))).toEqual([
      'Night line: call 07700 900010 (free, any hour)',
      'Day line: call or text 07700 900011 (may cost money, open until 16:30)',
      'Late line: text HERON to 07700 900014 (open until midnight)',
    ]);
  });

  test('[TEXT-8] the hours are those of the UK, also in summer', () => {
    // A Wednesday in July: 15:30 UTC is 16:30 in London, when the day line closes.
    const [, day] = shown(Date.UTC(2026, 6, 15, 15, 29));
    expect(day).toBe('Day line: call or text 07700 900011 (may cost money, open until 16:30)');
    expect(shown(Date.UTC(2026, 6, 15, 15, 30)).join()).not.toContain('Day line');
  });

  test('[TEXT-9] when none is open it says so, with the emergency number', () => {
    const [line, ...more] = numberLines({ now: NOW, bundle, contacts }, 'en', []).split('\n');
    expect(more).toEqual([]);
    expect(line).toContain('no other number that is open now');
    expect(line).toContain('07700 900013');
  });

  test('[TEXT-9] never more than four at once', () => {
    const five = Array.from({ length: 5 }, () => contacts[0]).flatMap(contact => contact ?? []);
    expect(numberLines({ now: NOW, bundle, contacts }, 'en', five).split('\n')).toHaveLength(4);
  });
});

const content = readContent('flows', 'locales');
const live = makeBundle('live', content.flows, content.texts);

/** At night and by day, in the week and at its end: what is open differs. */
const HOURS = [18, 22].flatMap(day => [3, 7, 14, 20].map(hour => Date.UTC(2026, 10, day, hour)));
const FILLS = { name: 'Bartholomew', minutes: 30, n: 4, label: 'Somewhere safe', max: 4000 };

/** Every form that a text takes: at these hours, with somebody on duty or not, with the numbers of each of `kinds`. */
function forms(namespace: string, key: string, kinds: string[][] = []): string[] {
  return HOURS.flatMap(now =>
    [true, false].flatMap(onDuty => {
      const known = { now, bundle: live, contacts: content.contacts, onDuty };
      const lists = kinds.map(of => ({
        numbers: numberLines(known, 'en', openContacts(content.contacts, now, { kinds: of })),
      }));
      return [{}, ...lists].map(list =>
        live.words.text(namespace, key, 'en', lineVars(known, 'en', { ...FILLS, ...list })),
      );
    }),
  );
}

/** What cannot be texted: too long, or not in the alphabet of which 160 fit into one segment. */
function unfit(body: string): boolean {
  const sent = new SegmentedMessage(body, 'auto', false);
  return sent.encodingName !== 'GSM-7' || sent.segmentsCount > 2;
}

/** The texts of a flow as a phone gets them: its own wording where there is one, and a question with its options. */
function textsBySms(flow: (typeof content.flows)[number]): { key: string; options: string[] }[] {
  const keys = Object.keys(textsOf(flow)).filter(key => !key.includes('.choices.'));
  return flow.steps.flatMap(({ id, kind, sms }) => {
    const say = keys.filter(key => key.startsWith(`${id}.${sms.say ? 'say_sms' : 'say'}.`));
    const ask = keys.filter(key => key === `${id}.${sms.ask ? 'ask_sms' : 'ask'}`);
    const labels =
      kind.kind === 'ask' ? kind.choices.filter(({ shown }) => shown).map(choice => choice.label) : [];
    const options = [...labels, live.words.text('service', 'choice.person', 'en')].map((label, i) =>
      live.words.text('service', 'sms.option', 'en', { n: i + 1, label }),
    );
    return [...say.map(key => ({ key, options: [] })), ...ask.map(key => ({ key, options }))];
  });
}

describe('the words that go by SMS', () => {
  test.each(
    content.flows,
  )('[FLOW-13] of the flow "$flow" fit two segments of GSM-7, with their options', flow => {
    const texts = textsBySms(flow);
    expect(texts.length).toBeGreaterThan(1);
    const kinds = flow.steps.flatMap(({ kind }) =>
      kind.kind === 'do' ? [kind.inputs.kinds?.split(' ') ?? []] : [],
    );
    const wrong = texts.filter(({ key, options }) =>
      forms(flow.flow, key, kinds).some(text => unfit([text, ...options].join('\n'))),
    );
    expect(wrong.map(({ key }) => key)).toEqual([]);
  });

  test('[FLOW-13] of the service fit two segments of GSM-7', () => {
    const keys = Object.keys(content.service).filter(key => !/^(page|always)\./.test(key));
    expect(keys.length).toBeGreaterThan(30);
    expect(keys.filter(key => forms('service', key).some(unfit))).toEqual([]);
  });

  test.each(content.flows)('[FLOW-13] of the flow "$flow" name only what there is to fill in', flow => {
    const known = ['numbers', 'emergency', 'person', 'services', ...Object.keys(flow.remember)];
    const named = Object.values(textsOf(flow)).flatMap(text => [...text.matchAll(/\{\{(.*?)\}\}/g)]);
    expect(named.flatMap(([, name = '']) => (known.includes(name) ? [] : [name]))).toEqual([]);
  });

  test('[FLOW-13] are seen when they do not fit', () => {
    expect(unfit('a'.repeat(307))).toBe(true);
    expect(unfit('it’s')).toBe(true);
    expect(unfit('a'.repeat(306))).toBe(false);
  });
});
