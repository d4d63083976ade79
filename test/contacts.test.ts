import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Contact, closesAt, openContacts, parseContacts } from '../src/directory/contacts.ts';

const FILE = 'locales/contacts.yaml';
const yaml = readFileSync(new URL(`../${FILE}`, import.meta.url), 'utf8');
const shipped = parseContacts(yaml, FILE).contacts;

/** A wall-clock time in London, as UTC milliseconds. */
const london = (local: string) => Temporal.ZonedDateTime.from(`${local}[Europe/London]`).epochMilliseconds;
const ids = (contacts: Contact[]) => contacts.map(contact => contact.id);

const row = (fields: Partial<Contact>): Contact => ({
  id: 'made-up',
  name: 'Made up',
  nations: ['england', 'wales', 'scotland', 'northernIreland'],
  for: ['talk'],
  call: '01',
  hours: 'any',
  free: 'unknown',
  source: 'this test',
  verified_at: null,
  ...fields,
});

const written = (change: (lines: string) => string) =>
  change(`- id: made-up
  name: Made up
  nations: [wales]
  for: [talk]
  call: "01"
  hours: any
  free: no
  source: this test
  verified_at: null
`);

describe('the list that we ship', () => {
  it('[NUM-1] is read without a problem', () => {
    expect(parseContacts(yaml, FILE).problems).toEqual([]);
    expect(shipped.length).toBeGreaterThan(10);
  });

  it('[NUM-2] has a dated (or openly undated) source on every row', () => {
    for (const contact of shipped) expect(contact.source, contact.id).toMatch(/\((.*\d{4}.*|undated.*)\)/);
  });

  it('[NUM-3] holds no number that is not the number of a sourced row', () => {
    const known = new Set(
      shipped.flatMap(contact => [contact.call, contact.text?.to]).map(number => number?.replaceAll(' ', '')),
    );
    const withoutDates = yaml.replace(/\b(19|20)\d\d\b/g, '').replace(/"\d\d:\d\d-\d\d:\d\d"/g, '');
    const numbers = [...withoutDates.matchAll(/\d[\d ]*\d/g)].map(([found]) => found.replaceAll(' ', ''));
    const phones = numbers.filter(number => number.length >= 3);
    expect(phones.length).toBeGreaterThan(10);
    // 728 is the number of a page at Dorset Police, 0800 the name of a tariff: both inside a source.
    expect(phones.filter(number => !known.has(number) && number !== '728' && number !== '0800')).toEqual([]);
  });

  it.each([
    ['at 03:00, the night the clocks go forward', '2026-03-29T03:00', false],
    ['at noon, the day the clocks go forward', '2026-03-29T12:00', true],
    ['at 03:00, the night the clocks go back', '2026-10-25T03:00', false],
    ['at noon, the day the clocks go back', '2026-10-25T12:00', true],
    ['a minute before it opens in summer', '2026-07-01T08:59', false],
    ['as it opens in summer', '2026-07-01T09:00', true],
    ['a minute before it closes in winter', '2026-01-07T22:59', true],
    ['as it closes in winter', '2026-01-07T23:00', false],
  ])('[NUM-4] the line for runaways %s', (_, when, open) => {
    expect(ids(openContacts(shipped, london(when), { kinds: ['runaway'] })).includes('safecall')).toBe(open);
  });

  it('[NUM-5] has the emergency number, Childline and Samaritans at every hour of the week', () => {
    const start = london('2026-03-28T00:00');
    for (let hour = 0; hour < 7 * 24; hour++) {
      const open = ids(openContacts(shipped, start + hour * 3_600_000, {}));
      expect(open).toEqual(expect.arrayContaining(['emergency', 'childline', 'samaritans', 'shout']));
    }
  });

  it('[NUM-6] gives the emergency number first when asked for it, and hides it from no nation and no age', () => {
    const noon = london('2026-07-01T12:00');
    const backwards = [...shipped].reverse();
    expect(ids(openContacts(backwards, noon, { kinds: ['talk', 'emergency'] }))[0]).toBe('emergency');
    expect(ids(openContacts(backwards, noon, {}))[0]).toBe('emergency');
    for (const nation of ['england', 'wales', 'scotland', 'northernIreland'] as const) {
      for (const age of [5, 12, 99]) {
        expect(ids(openContacts(shipped, noon, { nation, age }))[0]).toBe('emergency');
      }
    }
    const narrow = row({ for: ['emergency'], nations: ['wales'], ages: { min: 18 } });
    expect(openContacts([narrow], noon, { nation: 'scotland', age: 12 })).toHaveLength(1);
    expect(ids(openContacts(shipped, noon, { kinds: ['talk'] }))).not.toContain('emergency');
  });
});

describe('what is open', () => {
  it('[NUM-7] never calls unknown hours open', () => {
    const unknown = [row({ hours: 'unknown' })];
    for (let hour = 0; hour < 7 * 24; hour++) {
      const when = london('2026-10-24T00:00') + hour * 3_600_000;
      expect(openContacts(unknown, when, {})).toEqual([]);
    }
    expect(closesAt(row({ hours: 'unknown' }), london('2026-07-01T12:00'))).toBeNull();
  });

  it('[NUM-8] knows windows that run past midnight, and days without hours', () => {
    const late = row({ hours: { fri: ['22:00-02:00'] } });
    const open = (when: string) => openContacts([late], london(when), {}).length === 1;
    expect(open('2026-07-03T21:59')).toBe(false);
    expect(open('2026-07-03T22:00')).toBe(true);
    expect(open('2026-07-04T01:59')).toBe(true);
    expect(open('2026-07-04T02:00')).toBe(false);
    expect(open('2026-07-03T01:00')).toBe(false);
  });

  it('[NUM-9] tells the true minute it closes, across a clock change and across midnight', () => {
    const night = row({ hours: { sat: ['22:00-06:00'] } });
    const forward = london('2026-03-28T23:00');
    expect(closesAt(night, forward)).toBe(london('2026-03-29T06:00'));
    expect((closesAt(night, forward) ?? 0) - forward).toBe(6 * 3_600_000);
    const back = london('2026-10-24T23:00');
    expect((closesAt(night, back) ?? 0) - back).toBe(8 * 3_600_000);
    expect(closesAt(night, london('2026-03-28T21:00'))).toBeNull();
  });

  it('[NUM-10] joins windows that touch, and says nothing of closing when a line never closes', () => {
    const day = ['00:00-24:00'];
    const always = { mon: day, tue: day, wed: day, thu: day, fri: day, sat: day, sun: day };
    const now = london('2026-10-24T12:00');
    expect(closesAt(row({ hours: 'any' }), now)).toBeNull();
    expect(closesAt(row({ hours: always }), now)).toBeNull();
    const weekend = row({ hours: { sat: ['09:00-24:00'], sun: ['00:00-12:00'] } });
    expect(closesAt(weekend, now)).toBe(london('2026-10-25T12:00'));
  });

  it('[NUM-11] reads an hour that comes twice the careful way', () => {
    const night = row({ hours: { sun: ['00:30-01:30'] } });
    const firstHalfPastOne = Date.UTC(2026, 9, 25, 0, 30);
    expect(openContacts([night], firstHalfPastOne - 60_000, {})).toHaveLength(1);
    expect(openContacts([night], firstHalfPastOne, {})).toEqual([]);
    expect(openContacts([night], firstHalfPastOne + 3_600_000 - 60_000, {})).toEqual([]);
  });

  it('[NUM-12] keeps to nation and age where they are known, and hides nothing where they are not', () => {
    const welsh = row({ id: 'welsh', nations: ['wales'] });
    const grown = row({ id: 'grown', ages: { min: 16, max: 25 } });
    const found = (wanted: Parameters<typeof openContacts>[2]) =>
      ids(openContacts([welsh, grown], 0, wanted));
    expect(found({})).toEqual(['welsh', 'grown']);
    expect(found({ nation: 'england' })).toEqual(['grown']);
    expect(found({ nation: 'wales', age: 12 })).toEqual(['welsh']);
    expect(found({ age: 16 })).toEqual(['welsh', 'grown']);
    expect(found({ age: 26 })).toEqual(['welsh']);
  });
});

describe('what is refused', () => {
  it.each([
    ['a number without a source', (text: string) => text.replace('  source: this test\n', ''), 1],
    ['a number with an empty source', (text: string) => text.replace('this test', '" "'), 8],
    ['a number from memory', (text: string) => text.replace('this test', 'from memory'), 8],
    ['a row without a number', (text: string) => text.replace('  call: "01"\n', ''), 1],
    ['a field that nobody knows', (text: string) => `${text}  colour: red\n`, 1],
    ['a kind that nobody knows', (text: string) => text.replace('[talk]', '[tlak]'), 4],
    ['hours that are no hours', (text: string) => text.replace('any', '{ mon: ["9-5"] }'), 6],
    ['an id that stands twice', (text: string) => text + text, 10],
    ['a key that stands twice', (text: string) => `${text}  free: yes\n`, 10],
    ['an anchor', (text: string) => text.replace('name: Made', 'name: &a Made'), 2],
    ['a tag', (text: string) => text.replace('name: Made', 'name: !!str Made'), 2],
  ])('[NUM-13] %s, with its line', (_, change, line) => {
    const answer = parseContacts(written(change), 'made-up.yaml');
    expect(answer.contacts).toEqual([]);
    expect(answer.problems[0]).toMatchObject({ file: 'made-up.yaml', line });
  });

  it('[NUM-14] accepts the row that all of those were made from', () => {
    expect(
      ids(
        parseContacts(
          written(text => text),
          'made-up.yaml',
        ).contacts,
      ),
    ).toEqual(['made-up']);
  });
});
