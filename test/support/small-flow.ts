import { projectContent } from '../../src/content.ts';
import {
  type Advanced,
  advance,
  type Conversation,
  type Event,
  type Known,
} from '../../src/conversation/conversation.ts';
import { newConversation } from '../../src/conversation/reply.ts';
import { makeBundle } from '../../src/flows/bundle.ts';
import { type Flow, readFlow } from '../../src/flows/flow.ts';
import { NO_MEMORY } from '../../src/risk/accumulate.ts';
import type { Texts } from '../../src/words.ts';

export const content = projectContent();

/** A flow from its source, as an author would write it. */
export function flowOf(source: string): Flow {
  const name = /^flow: (.*)$/m.exec(source)?.[1];
  const { read, problems } = readFlow(source, `flows/${name}.yaml`);
  if (!read) throw new Error(problems.map(({ message }) => message).join('\n'));
  return read.flow;
}

/** What is known when these flows are live, at noon of a winter's day with a worker on duty. */
export function knownOf(flows: Flow[], texts: Texts = content.texts, change: Partial<Known> = {}): Known {
  const now = Date.UTC(2026, 0, 13, 12);
  return {
    ...content,
    bundle: makeBundle('small', flows, texts),
    now,
    onDuty: true,
    openAlerts: [],
    ...change,
  };
}

/** Somebody who stands at `step` of `flow` and has just written. */
export function standing(flow: string, step: string, change: Partial<Conversation> = {}): Conversation {
  const seed = { id: 'a', channel: 'web', language: 'en', bundle: 'small', startedAt: 0 } as const;
  const now = Date.UTC(2026, 0, 13, 12);
  return {
    ...newConversation({ ...seed, riskMemory: NO_MEMORY }),
    place: { flow, step },
    lastSeq: 5,
    lastInboundAt: now,
    ...change,
  };
}

/** They write, or press a button. */
export function replied(said: { text: string } | { choice: string }): Event {
  return { type: 'replied', text: null, choice: null, clientId: null, providerId: null, ...said };
}

export function write(conversation: Conversation, text: string, known: Known): Advanced {
  return advance(conversation, replied({ text }), known);
}

export function press(conversation: Conversation, choice: string, known: Known): Advanced {
  return advance(conversation, replied({ choice }), known);
}

/** What was said, in order. */
export function saidIn({ effects }: Advanced): string[] {
  return effects.flatMap(effect => (effect.type === 'say' ? [effect.text] : []));
}

/** The labels of the newest question's buttons. */
export function buttonsIn({ effects }: Advanced): string[] {
  const asked = effects.findLast(effect => effect.type === 'say' && effect.choices.length > 0);
  return asked?.type === 'say' ? asked.choices.map(({ label }) => label) : [];
}

/** A small flow to stand beside the shipped ones. */
export const TEA = `flow: heron
title: Heron
start: ask
remember: { drink: { keep: 1h } }
steps:
  ask:
    ask: What do you want?
    choices:
      tea: { label: Tea, words: [chai], go: had }
      knife: { label: He is outside my door with a knife, go: had }
    save: drink
  had:
    say: You chose {{drink}}.
    ask: Anything more?
    choices:
      no: { label: Nothing, go: done }
      more: { label: More, go: ask }
  done: { say: Bye., end: over }
`;
