import { describe, expect, test } from 'vitest';
import { isPlainSms, mayText, type Phone, plainForSms, segmentsOf } from '../src/channels/texting.ts';
import { advance } from '../src/conversation/conversation.ts';
import { moveLifecycle } from '../src/conversation/lifecycle.ts';
import { content, knownOf, saidIn, standing } from './support/small-flow.ts';

/** A phone whose owner wrote a day ago and said that texts are safe after school. */
const PHONE: Phone = {
  reachability: 'open',
  safeToText: 'onlyBetween',
  safeBetween: 'after_school',
  quietUntil: null,
  lastInboundAt: 0,
};
const london = (text: string) => Temporal.ZonedDateTime.from(`${text}[Europe/London]`).epochMilliseconds;

describe('a text only between', () => {
  test.each([
    ['2026-01-13T14:59', false],
    ['2026-01-13T15:00', true],
    ['2026-01-13T17:59', true],
    ['2026-01-13T18:00', false],
    ['2026-07-13T15:00', true],
    ['2026-07-13T14:59', false],
  ])('[TEXT-30] at %s in London is sent: %s', (at, may) => {
    expect(mayText(PHONE, 'service', london(at)).may).toBe(may);
  });

  test('[TEXT-31] is an answer at any hour, if they have just written', () => {
    const now = london('2026-01-13T03:00');
    expect(mayText({ ...PHONE, lastInboundAt: now - 60_000 }, 'service', now).may).toBe(true);
    expect(mayText({ ...PHONE, safeBetween: null }, 'service', london('2026-01-13T16:00')).may).toBe(false);
  });
});

describe('time alone', () => {
  const waiting = (safeToText: Phone['safeToText']) => {
    const conversation = standing('welcome', 'menu', {
      channel: 'sms',
      state: 'waiting',
      contact: { reachability: 'open', safeToText, safeBetween: 'morning', quietUntil: null },
    });
    const known = knownOf(content.flows, content.texts, { now: conversation.lastInboundAt + 120_000 });
    const started = moveLifecycle('bot', { type: 'personNeeded' }).outputs;
    const names = started.flatMap(output => (output.type === 'timer' ? [output.name] : []));
    const timers = names.map(timer =>
      advance(
        conversation,
        { type: 'timerFired', name: timer, event: { for: 'lifecycle', event: timer } },
        known,
      ),
    );
    return timers.flatMap(saidIn);
  };

  test('[TEXT-32] never texts who said not now, or another time of day, however lately they wrote', () => {
    expect(waiting('safe').length).toBeGreaterThan(0);
    expect(waiting('notNow')).toEqual([]);
    expect(waiting('onlyBetween')).toEqual([]);
    expect(waiting('never')).toEqual([]);
  });
});

describe('letters outside the SMS alphabet', () => {
  test.each([
    ['it’s “here” – or there…', 'it\'s "here" - or there...'],
    ['Mae’r tŷ yn y dŵr', "Mae'r ty yn y dwr"],
    ['Jesteś już bezpieczny? Łódź', 'Jestes juz bezpieczny? Lodz'],
    ['café, señor, Ø', 'café, señor, Ø'],
  ])('[TEXT-33] "%s" goes as "%s"', (text, plain) => {
    expect(plainForSms(text)).toBe(plain);
    expect(isPlainSms(plain)).toBe(true);
  });

  test('[TEXT-34] stay as they are where no plain letter stands for them', () => {
    for (const text of ['هل أنت بأمان؟', 'ok 👍', 'مرحبا’']) expect(plainForSms(text)).toBe(text);
  });

  test('[TEXT-35] do not make a Polish text twice as long', () => {
    const text = 'Możesz napisać do nas w każdej chwili. '.repeat(4).trim();
    expect(segmentsOf(plainForSms(text))).toBe(1);
    expect(segmentsOf(text)).toBeGreaterThan(1);
  });
});
