import { makeWords, SOURCE_LANGUAGE, type Texts, textsOf, type Words } from '../words.ts';
import { type CompiledFlow, compileFlow } from './compile.ts';
import type { Flow } from './flow.ts';

/** An immutable set of flows with their words in every offered language, known by the hash of its content. */
export type Bundle = { hash: string; flows: Map<string, CompiledFlow>; words: Words };

/**
 * Compiles flows that check.ts found no fault with.
 * @param texts the fixed lines (`service`) in English, and everything else in the other languages that are offered
 */
export function makeBundle(hash: string, flows: Flow[], texts: Texts): Bundle {
  const english = { ...texts[SOURCE_LANGUAGE], ...englishOf(flows) };
  const words = makeWords({ ...texts, [SOURCE_LANGUAGE]: english });
  return { hash, flows: new Map(flows.map(flow => [flow.flow, compileFlow(flow)])), words };
}

/** The English texts of flows, by flow. */
export function englishOf(flows: Flow[]): Record<string, Record<string, string>> {
  return Object.fromEntries(flows.map(flow => [flow.flow, textsOf(flow)]));
}

/**
 * The part of flows that a conversation is pinned to, as text: everything but the words. The questions of steps
 * marked `safety` or `consent`, and the labels of their answers, belong to it: another question would turn the
 * meaning of "yes" around under somebody who is just answering.
 */
export function structureOf(flows: Flow[]): string {
  return JSON.stringify(flows.map(flow => ({ ...flow, title: '', steps: flow.steps.map(withoutWords) })));
}

function withoutWords(step: Flow['steps'][number]) {
  const locked = step.marks.includes('safety') || step.marks.includes('consent');
  const { kind } = step;
  const bare = { ...step, say: step.say.length, sms: { say: step.sms.say?.length ?? 0 } };
  if (kind.kind !== 'ask' || locked) return bare;
  const choices = kind.choices.map(choice => ({ ...choice, label: '', words: [] }));
  return { ...bare, kind: { ...kind, ask: '', choices } };
}
