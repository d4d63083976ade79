import { describe, expect, test } from 'vitest';
import { alwaysWord } from '../src/conversation/always-words.ts';
import { advance } from '../src/conversation/conversation.ts';
import { ACTIONS } from '../src/flows/actions.ts';
import { content, knownOf, saidIn, standing, write } from './support/small-flow.ts';

const known = knownOf(content.flows);
const ordinary = content.service['duress.reply'];
const asked = (channel: 'web' | 'sms' = 'web') =>
  standing('welcome', 'menu', { channel, slots: { duress_word: 'Blue Kite' } });

describe.each(['web', 'sms'] as const)('a word that means "I cannot speak freely", by %s', channel => {
  const said = write(asked(channel), ' blue kite! ', known);

  test('[DURESS-1] raises an alert at 3 and is answered in an ordinary way, with nothing else', () => {
    const alerts = said.effects.filter(effect => effect.type === 'raiseAlert');
    expect(alerts).toEqual([{ type: 'raiseAlert', severity: 3, categories: ['duress'], evidence: [] }]);
    expect(saidIn(said)).toEqual([ordinary]);
    expect(said.conversation).toMatchObject({ state: 'waiting', severity: 3 });
    expect(said.conversation.contact.reachability).toBe('watched');
  });

  test('[DURESS-2] from then on nothing tells of it: not what they write, not the time, not who comes', () => {
    const openAlerts = [{ severity: 3 as const, categories: ['duress'] }];
    const again = write(said.conversation, 'he hurts me', { ...known, openAlerts });
    expect(saidIn(again).filter(line => line !== ordinary)).toEqual([]);
    const event = { for: 'lifecycle', event: 'tellAt2' } as const;
    for (const { name } of said.effects.filter(effect => effect.type === 'setTimer')) {
      const later = advance(
        said.conversation,
        { type: 'timerFired', name, event: { ...event, event: name } },
        known,
      );
      expect(saidIn(later)).toEqual([]);
    }
    const worker = { id: 'w', name: 'Sam' };
    const claimed = advance(said.conversation, { type: 'workerClaimed', worker, epoch: 0 }, known);
    expect(claimed.answer.ok).toBe(true);
    expect(saidIn(claimed)).toEqual([]);
  });

  test('[DURESS-5] is over when a worker hands the chat back, without a line that says a person was there', () => {
    const worker = { id: 'w', name: 'Sam' };
    const owned = { ...said.conversation, state: 'withWorker' as const, ownerId: 'w' };
    const event = { type: 'workerHandedBack', worker, epoch: 0, flow: 'welcome', step: 'menu' } as const;
    const back = advance(owned, event, known);
    expect(saidIn(back)).not.toContain(content.service['worker.left']);
    expect(back.conversation.slots).toEqual({ duress_word: 'Blue Kite' });
  });

  test('[DURESS-3] is that word and nothing more: within a sentence it is like any other', () => {
    const { effects } = write(asked(channel), 'i have a blue kite', known);
    expect(effects.filter(({ type }) => type === 'raiseAlert')).toEqual([]);
  });
});

describe('the choice of that word', () => {
  test.each(['help', 'ok', '12', 'STOP'])('[DURESS-4] "%s" will not do', word => {
    expect(outcomeOf(word)).toBe('unsure');
  });

  test('[DURESS-4] an ordinary word will', () => {
    expect(outcomeOf('umbrella')).toBe('ok');
  });
});

function outcomeOf(word: string) {
  const action = ACTIONS['duress.set'];
  return action?.decide(
    { word },
    { ...facts, isTaken: said => alwaysWord(said, known.bundle.words) !== null },
  ).outcome;
}
const facts = { now: 0, contacts: [], nation: null, age: null };
