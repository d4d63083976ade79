import { describe, expect, test } from 'vitest';
import { projectContent } from '../src/content.ts';
import { advance, type Conversation, type Known } from '../src/conversation/conversation.ts';
import { newConversation } from '../src/conversation/reply.ts';
import { makeBundle } from '../src/flows/bundle.ts';
import { NO_MEMORY } from '../src/risk/accumulate.ts';
import { detect } from '../src/risk/detect.ts';

const content = projectContent();
const bundle = makeBundle('shipped', content.flows, content.texts);
const known: Known = { ...content, bundle, now: 1_000_000, onDuty: true, openAlerts: [] };
const atMenu: Conversation = {
  ...newConversation({
    id: 'a',
    channel: 'web',
    language: 'en',
    bundle: 'shipped',
    startedAt: 0,
    riskMemory: NO_MEMORY,
  }),
  place: { flow: 'welcome', step: 'menu' },
  lastSeq: 5,
};

function reply(
  said: { text: string } | { choice: string },
  conversation = atMenu,
  more: Partial<Known> = {},
) {
  const event = {
    type: 'replied',
    text: null,
    choice: null,
    clientId: null,
    providerId: null,
    ...said,
  } as const;
  return advance(conversation, event, { ...known, ...more });
}

const alertsOf = ({ effects }: ReturnType<typeof reply>) =>
  effects.filter(effect => effect.type === 'raiseAlert');

describe('what raises an alert', () => {
  test('[RISK-23] the words of our own buttons do not, whatever they are', () => {
    for (const { flow } of bundle.flows.values()) {
      for (const { id, kind } of flow.steps) {
        if (kind.kind !== 'ask') continue;
        const there = { ...atMenu, place: { flow: flow.flow, step: id } };
        for (const choice of kind.choices) {
          const raised = alertsOf(reply({ choice: `${flow.flow}.${id}.${choice.id}` }, there));
          // What a flow itself raises rests on the answer, not on words: it has no evidence.
          expect(raised.filter(({ evidence }) => evidence.length > 0)).toEqual([]);
        }
      }
    }
    // Typed, some of the same words are a cry for help.
    expect(alertsOf(reply({ text: 'i need somewhere safe tonight' }))).toHaveLength(1);
  });

  test('[RISK-24] weak signs that have added up do, once, by the message that made them enough', () => {
    const weak = 'i feel empty';
    const sign = detect(content.lexicon, NO_MEMORY, { text: weak, at: 0 });
    expect(sign.severity).toBe(1);
    expect(alertsOf(reply({ text: weak }))).toEqual([]);
    const riskMemory = { ...NO_MEMORY, points: 5, pointsAt: known.now };
    const enough = reply({ text: weak }, { ...atMenu, riskMemory });
    expect(alertsOf(enough)).toMatchObject([{ severity: 2, categories: sign.categories }]);
    expect(enough.conversation.state).toBe('waiting');
    const openAlerts = [{ severity: 2 as const, categories: sign.categories }];
    expect(alertsOf(reply({ text: weak }, enough.conversation, { openAlerts }))).toEqual([]);
  });
});
