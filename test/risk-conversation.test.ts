import { describe, expect, test } from 'vitest';
import { advance } from '../src/conversation/conversation.ts';
import { NO_MEMORY, remember } from '../src/risk/accumulate.ts';
import { type Asked, detect } from '../src/risk/detect.ts';
import { lexicon, NOW } from './support/risk.ts';
import { content, flowOf, knownOf, replied, standing, write } from './support/small-flow.ts';

/** What is found in an answer, after what was said before it, however long ago. */
function answered(before: string[], asked: Asked | undefined, text: string) {
  let memory = NO_MEMORY;
  before.forEach((said, i) => {
    const message = { text: said, at: NOW - 3_600_000 + i };
    memory = remember(memory, detect(lexicon, memory, message), message);
  });
  return detect(lexicon, memory, { text, at: NOW, ...(asked && { asked }) });
}

describe('an answer', () => {
  const OWN_AGE: Asked = { expects: 'age', question: 'How old are you?' };

  test('[RISK-25] to "How old are you?" is an age: a bare "11" is somebody under 13', () => {
    expect(answered([], OWN_AGE, '11')).toMatchObject({ categories: ['under13'], facts: { age: 11 } });
    expect(answered([], OWN_AGE, '15').categories).toEqual([]);
    expect(answered([], undefined, '11').categories).toEqual([]);
  });

  test('[RISK-26] to a question about another is about them', () => {
    const his: Asked = { expects: 'age', question: 'How old is he?' };
    expect(answered([], his, '11').categories).toEqual([]);
  });

  test('[RISK-27] is read with what was said before it, however long ago', () => {
    const when: Asked = { expects: 'when', question: 'When do you mean?' };
    expect(answered(['i want to kill myself'], when, 'tonight').severity).toBe(3);
    expect(answered(['i want to kill myself'], undefined, 'tonight').severity).toBe(0);
  });

  test('[RISK-28] to a question of a flow that expects an age is read so by the engine', () => {
    const flow = flowOf(`flow: wren
title: Wren
start: age
steps:
  age: { ask: How old are you?, text: { max: 20 }, expects: age, go: age }
`);
    const { effects } = write(standing('wren', 'age'), '11', knownOf([flow]));
    expect(effects).toContainEqual(expect.objectContaining({ type: 'raiseAlert', categories: ['under13'] }));
  });
});

describe('the facts of a finding', () => {
  test.each([
    ['i want to die', { about: 'self', timing: false }],
    ['my best friend wants to kill herself', { about: 'other' }],
    ['i want to kill myself tonight', { about: 'self', timing: true, when: 'now' }],
    ['hello', { about: 'unknown', language: null, age: null }],
    ['im 12', { about: 'self', age: 12, language: 'en' }],
  ])('[RISK-29] of "%s"', (text, facts) => {
    expect(detect(lexicon, NO_MEMORY, { text, at: NOW }).facts).toMatchObject(facts);
  });
});

describe('silence after a danger at 3', () => {
  const known = knownOf(content.flows);
  const told = write(standing('welcome', 'menu'), 'i am going to kill myself tonight', known);

  test('[RISK-30] is told to the desk after ten minutes; every message begins them anew', () => {
    const timer = { type: 'setTimer', name: 'silence', dueAt: known.now + 600_000 };
    expect(told.effects).toContainEqual(expect.objectContaining(timer));
    const later = { ...known, now: known.now + 60_000 };
    const again = advance(told.conversation, replied({ text: 'ok' }), later);
    expect(again.effects).toContainEqual(
      expect.objectContaining({ name: 'silence', dueAt: later.now + 600_000 }),
    );
    const event = { for: 'silence', event: 'silence' } as const;
    const silent = advance(told.conversation, { type: 'timerFired', name: 'silence', event }, known);
    expect(silent.effects).toEqual([{ type: 'tellDesk', kind: 'silent' }]);
  });

  test('[RISK-31] says nothing where there was none', () => {
    const calm = write(standing('welcome', 'menu'), 'hello there', known);
    expect(calm.effects.filter(effect => effect.type === 'setTimer' && effect.name === 'silence')).toEqual(
      [],
    );
  });
});

describe('more of what is known already', () => {
  const known = knownOf(content.flows);
  const first = write(standing('welcome', 'menu'), 'i want to kill myself', known);
  const openAlerts = [{ severity: 3 as const, categories: ['suicide', 'self_harm'] }];

  test('[RISK-32] is added to the open alert, and rings nobody again', () => {
    const { effects } = write(first.conversation, 'i want to die', { ...known, openAlerts });
    expect(effects.filter(({ type }) => type === 'raiseAlert')).toEqual([]);
    const added = effects.find(effect => effect.type === 'addToAlert');
    expect(added).toMatchObject({ categories: ['suicide'], evidence: [{ said: 'want to die' }] });
  });

  test('[RISK-33] is a new alert once a worker has closed the first', () => {
    const { effects } = write(first.conversation, 'i want to die', known);
    expect(effects.filter(({ type }) => type === 'raiseAlert')).toHaveLength(1);
  });
});
