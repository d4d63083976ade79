import { makeWords, SOURCE_LANGUAGE, type Texts, textsOf, type Words } from '../words.ts';
import { type CompiledFlow, compileFlow } from './compile.ts';
import type { Flow } from './flow.ts';

/** An immutable set of flows with their words, known by the hash of its content. */
export type Bundle = { hash: string; flows: Map<string, CompiledFlow>; words: Words };

/** Compiles flows that check.ts found no fault with. `service` holds the fixed lines, by language. */
export function makeBundle(
  hash: string,
  flows: Flow[],
  service: Record<string, Record<string, string>>,
): Bundle {
  const texts: Texts = {};
  for (const [language, lines] of Object.entries(service)) texts[language] = { service: lines };
  const english = texts[SOURCE_LANGUAGE] ?? {};
  texts[SOURCE_LANGUAGE] = english;
  for (const flow of flows) english[flow.flow] = textsOf(flow);
  return { hash, flows: new Map(flows.map(flow => [flow.flow, compileFlow(flow)])), words: makeWords(texts) };
}
