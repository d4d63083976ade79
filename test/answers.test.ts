import { describe, expect, test } from 'vitest';
import { advance } from '../src/conversation/conversation.ts';
import { buttonsIn, content, flowOf, knownOf, press, saidIn, standing, write } from './support/small-flow.ts';

const HERON = flowOf(`flow: heron
title: Heron
start: look
remember:
  which: { keep: 2d }
  name: { keep: 1h }
  nation: { keep: 1d }
steps:
  look:
    do: contacts.open
    with: { kinds: talk }
    ok: offer
    none: name
    failed: name
  offer:
    ask: Which one?
    choices:
      all: { label: All of them, go: name }
      lost: { label: Lost, words: [cannot find it], go: name, shown: false }
    choices_from: numbers
    save: which
    go: name
  name:
    ask: "You chose {{which}}. Your name?"
    sms: { ask: "Name?" }
    text: { max: 5, can_skip: true }
    save: name
    go: nation
  nation:
    ask: Where?
    sms: { choices: { wales: W } }
    choices:
      wales: { label: Wales }
      scotland: { label: Scotland }
    save: nation
    go: branch
  branch:
    if: { fact: nation, is: [wales] }
    then: held
    else: done
  held:
    do: person.call
    with: { about: held }
    ok: told
  told: { say: "Told. {{person}}", ask: Then?, text: { max: 10 }, go: done }
  done: { say: Done., end: over }
`);
const known = knownOf([HERON]);
const child = content.contacts.find(({ id }) => id === 'childline');

const START = {
  type: 'workerHandedBack',
  worker: { id: 'w', name: 'Sam' },
  epoch: 0,
  flow: 'heron',
  step: 'look',
} as const;

describe('what an answer can be', () => {
  const owned = standing('heron', 'name', { state: 'withWorker', ownerId: 'w' });
  const offered = advance(owned, START, known);

  test('[ANSWER-1] what an action found is offered, between the choices of the author and a person', () => {
    const labels = buttonsIn(offered);
    expect(labels[0]).toBe('All of them');
    expect(labels).toContain(child?.name);
    expect(labels.at(-1)).toBe(content.service['choice.person']);
    expect(labels).not.toContain('Lost');
  });

  test('[ANSWER-2] one of them is chosen by its button, its number or its name, and kept by its id', () => {
    const at = buttonsIn(offered).indexOf(child?.name ?? '') + 1;
    for (const answered of [
      press(offered.conversation, 'heron.offer.~childline', known),
      write(offered.conversation, String(at), known),
      write(offered.conversation, 'childline please', known),
    ]) {
      expect(answered.conversation.slots).toEqual({ which: 'childline' });
      expect(saidIn(answered)).toEqual(['You chose childline. Your name?']);
    }
  });

  test('[ANSWER-3] a result that was not offered is an old button', () => {
    const answered = press(offered.conversation, 'heron.offer.~nobody', known);
    expect(saidIn(answered)[0]).toBe(content.service.stale);
    expect(answered.conversation.slots).toEqual({});
  });

  test('[ANSWER-4] a choice that is not shown is understood, and has no number and no button', () => {
    const past = String(buttonsIn(offered).length + 1);
    expect(write(offered.conversation, past, known).conversation.place?.step).toBe('offer');
    expect(press(offered.conversation, 'heron.offer.lost', known).conversation.place?.step).toBe('offer');
    const typed = write(offered.conversation, 'i cannot find it', known);
    expect(typed.conversation).toMatchObject({ place: { step: 'name' }, slots: { which: 'lost' } });
  });

  test('[ANSWER-5] what may be left open can be skipped by a button or a word, and nothing is kept', () => {
    const naming = standing('heron', 'name');
    for (const skipped of [press(naming, 'heron.name._skip', known), write(naming, 'SKIP', known)])
      expect(skipped.conversation).toMatchObject({ place: { step: 'nation' }, slots: {} });
    expect(buttonsIn(press(offered.conversation, 'heron.offer.all', known))).toContain(
      content.service['choice.skip'],
    );
  });

  test('[ANSWER-6] a question whose only answers were to be found, when nothing was, brings a person', () => {
    const bare = flowOf(`flow: wren
title: Wren
start: offer
remember: { which: { keep: 1d } }
steps:
  offer: { ask: Which?, choices_from: services, save: which, go: done }
  done: { say: "{{which}}", end: over }
`);
    const failed = advance(owned, { ...START, flow: 'wren', step: 'offer' }, knownOf([bare]));
    expect(failed.conversation).toMatchObject({ state: 'waiting', place: null });
    expect(saidIn(failed)).toContain(content.service['flow.failed']);
  });

  test('[ANSWER-7] SMS has its own words for a question and for a choice, where there are any', () => {
    const naming = standing('heron', 'name', { channel: 'sms' });
    expect(
      saidIn(
        write(
          { ...naming, place: { flow: 'heron', step: 'offer' }, results: offered.conversation.results },
          '1',
          known,
        ),
      ),
    ).toEqual(['Name?']);
    const texts = write(naming, 'skip', known).effects.flatMap(effect =>
      effect.type === 'text' ? [effect.body] : [],
    );
    expect(texts).toEqual([`Where?\n1 W\n2 Scotland\n3 ${content.service['choice.person']}`]);
  });

  test('[ANSWER-8] what was found is forgotten when the flow is over', () => {
    expect(offered.conversation.results.numbers?.length).toBeGreaterThan(0);
    const over = write({ ...standing('heron', 'nation'), results: offered.conversation.results }, '2', known);
    expect(over.conversation).toMatchObject({ place: null, results: {} });
  });
});

describe('an answer that brings a person', () => {
  const answered = write(standing('heron', 'nation'), 'wales', known);

  test('[ANSWER-9] raises one alert, puts them in the queue, and the flow goes on', () => {
    expect(answered.conversation).toMatchObject({ state: 'waiting', severity: 2, place: { step: 'told' } });
    const alerts = answered.effects.filter(effect => effect.type === 'raiseAlert');
    expect(alerts).toEqual([{ type: 'raiseAlert', severity: 2, categories: ['held'], evidence: [] }]);
    expect(saidIn(answered)).toEqual([`Told. ${content.service['person.onDuty']}`, 'Then?']);
  });

  test('[ANSWER-10] raises no second one while the first is open', () => {
    const again = write(standing('heron', 'nation', { state: 'waiting', severity: 2 }), 'wales', {
      ...known,
      openAlerts: [{ severity: 2, categories: ['held'] }],
    });
    expect(again.effects.filter(({ type }) => type === 'raiseAlert')).toEqual([]);
  });
});

describe('what is remembered', () => {
  test('[KEEP-1] is to be forgotten in the time that the flow declares', () => {
    const { effects } = write(standing('heron', 'name'), 'Robin', known);
    expect(effects).toContainEqual({
      type: 'setTimer',
      name: 'forget.name',
      dueAt: known.now + 3_600_000,
      event: { for: 'forget', event: 'name' },
    });
  });

  test('[KEEP-2] is forgotten then, whoever has the chat, and nothing else is', () => {
    const slots = { name: 'Robin', which: 'all' };
    const event = {
      type: 'timerFired',
      name: 'forget.name',
      event: { for: 'forget', event: 'name' },
    } as const;
    const later = advance(standing('heron', 'nation', { slots, state: 'withWorker' }), event, known);
    expect(later.conversation.slots).toEqual({ which: 'all' });
    expect(later.effects).toEqual([{ type: 'cancelTimer', name: 'forget.name' }]);
  });
});

test('[KEEP-4] what was forgotten before it is said is left out, brackets and all', () => {
  const skipped = press(standing('heron', 'offer'), 'heron.offer.all', known);
  const { which: _, ...slots } = skipped.conversation.slots;
  const again = write({ ...skipped.conversation, slots }, 'far too long', known);
  expect(saidIn(again).at(-1)).toBe('You chose . Your name?');
});

describe('what an answer does not mean', () => {
  const SAFE = flowOf(`flow: wren
title: Wren
start: safe
remember: { place: { keep: 1d } }
steps:
  safe:
    marks: [safety]
    ask: Are you safe?
    choices:
      yes: { label: "Yes", words: [i am safe, im safe, nie], go: where }
      no: { label: "No", words: [scared], go: over }
  where:
    ask: Where?
    choices: { lost: { label: I am lost, words: [lost], go: told } }
    text: { max: 30 }
    save: place
    go: told
  told: { say: "There: {{place}}", end: over }
  over: { end: over }
`);
  const wren = knownOf([SAFE]);
  const stepAfter = (step: string, text: string) => {
    const { conversation } = write(standing('wren', step), text, wren);
    return conversation.place?.step ?? 'over';
  };

  test.each([
    ['i am safe', 'where'],
    ['i think i am safe', 'where'],
    ['i dont think im safe', 'safe'],
    ['nobody says im safe', 'safe'],
    ['im not scared', 'safe'],
    ['nie', 'where'],
    ['nie ma go tu', 'safe'],
  ])('[ANSWER-11] where it matters, who denies has not said what their words hold: "%s" leads to %s', (text, step) => {
    expect(stepAfter('safe', text)).toBe(step);
  });

  test('[ANSWER-12] where their own words are wanted, a choice is only meant by its whole words', () => {
    expect(saidIn(write(standing('wren', 'where'), 'the lost property office', wren))[0]).toBe(
      'There: the lost property office',
    );
    expect(saidIn(write(standing('wren', 'where'), 'lost', wren))[0]).toBe('There: I am lost');
  });

  test('[ANSWER-13] what is too long is refused with its limit, and nothing of it is taken as the answer', () => {
    const refused = write(standing('wren', 'where'), 'a'.repeat(31), wren);
    expect(saidIn(refused)[0]).toContain('30');
    expect(refused.conversation).toMatchObject({ place: { step: 'where' }, slots: {}, misses: 0 });
  });

  test('[ANSWER-14] an answer that is given again and skipped then is taken back', () => {
    const skipped = write(standing('heron', 'name', { slots: { name: 'Wren' } }), 'skip', known);
    expect(skipped.conversation.slots).toEqual({});
  });
});

test('[FLOW-17] whoever stands at a step that was renamed since is asked and answered there', () => {
  const renamed = flowOf(`flow: robin
title: Robin
start: drink
remember: { drink: { keep: 1d } }
steps:
  drink: { was: [tea], ask: Which?, choices: { milk: { label: Milk } }, save: drink, go: told }
  told: { say: "So, {{drink}}.", end: over }
`);
  const there = standing('robin', 'tea');
  for (const answered of [
    write(there, 'milk', knownOf([renamed])),
    press(there, 'robin.tea.milk', knownOf([renamed])),
  ])
    expect(saidIn(answered)).toEqual(['So, Milk.']);
  expect(saidIn(write(there, 'asdfgh', knownOf([renamed]))).at(-1)).toBe('Which?');
});
