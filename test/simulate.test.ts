import { describe, expect, test } from 'vitest';
import { beginPlay, enterFlow, wait, write } from '../src/conversation/play.ts';
import { makeBundle } from '../src/flows/bundle.ts';
import { compileFlow } from '../src/flows/compile.ts';
import { coverInputs } from '../src/flows/simulate.ts';
import { type Lexicon, parseLexicon } from '../src/risk/lexicon.ts';
import { content, flowOf } from './support/small-flow.ts';

const bundle = makeBundle('shipped', content.flows, content.texts);
/** No word is a danger here: where the emergency steps break in is not what a cover is about. */
const lexicon: Lexicon = parseLexicon([]).lexicon ?? content.lexicon;
const NOW = Date.UTC(2026, 0, 13, 16, 30);
const DAY_MS = 86_400_000;
const shipped = [...bundle.flows.values()];
const covers = new Map(
  shipped.map(flow => [
    flow,
    coverInputs(flow, { flows: bundle.flows, contacts: content.contacts, now: NOW }),
  ]),
);

describe('conversations that cover a flow', () => {
  test.each(
    shipped,
  )('[COVER-1] $flow.flow: the engine goes where the conversations were said to go', flow => {
    for (const talk of covers.get(flow)?.talks ?? []) {
      const world = { ...content, bundle, lexicon, onDuty: talk.onDuty };
      const play = beginPlay(world, talk.channel, NOW, 'en');
      enterFlow(world, play, talk.flow);
      const stood = talk.lines.map(line => {
        if (line.startsWith('~')) wait(world, play, DAY_MS);
        else write(world, play, line.slice(2));
        const { place } = play.conversation;
        const step = bundle.flows.get(place?.flow ?? '')?.steps.get(place?.step ?? '');
        return step?.kind.kind === 'ask' ? `${place?.flow}.${step.id}` : null;
      });
      expect({ lines: talk.lines, stands: stood }).toEqual({ lines: talk.lines, stands: talk.stands });
    }
  });

  test('[COVER-2] every link is taken but those that hang on how an action ends, or on a person who is waited for', () => {
    // What is asked and said only after an action that never ends so today.
    const BEHIND: Record<string, string[]> = {
      'find-help': ['hurt_none', 'where_again', 'near_found', 'near_none', 'get_person'],
      'message-home': ['asked', 'get_person'],
      refuge: ['asked_told', 'no_bed_told'],
      'return-interview': ['asked'],
    };
    const left = shipped.flatMap(flow =>
      (covers.get(flow)?.untaken ?? []).filter(link => {
        const [step = '', way = ''] = link.split(' ');
        const acts = flow.steps.get(step)?.kind.kind === 'do';
        return !acts && way !== 'silence' && !BEHIND[flow.flow.flow]?.includes(step);
      }),
    );
    // Nobody who begins by SMS has said before whether texts are safe.
    expect(left).toEqual(['texts_known else']);
  });

  test('[COVER-3] every kind of link of a small flow is taken, by number, words, text, skipping and silence', () => {
    const flow = flowOf(`flow: heron
title: Heron
start: one
remember: { name: { keep: 1d } }
steps:
  one:
    ask: Which?
    choices:
      a: { label: First, go: two }
      b: { label: Hidden words, shown: false, go: two }
  two:
    ask: What is your name?
    text: { max: 9, can_skip: true }
    save: name
    go: three
  three:
    if: { slot: name, is: Robin }
    then: four
    else: five
  four: { say: "Hello {{name}}.", go: five }
  five:
    do: contacts.open
    with: { kinds: talk }
    ok: six
    none: six
    failed: six
  six:
    ask: Call which?
    choices_from: numbers
    go: seven
  seven: { end: over }
`);
    const compiled = compileFlow(flow);
    const flows = new Map([['heron', compiled]]);
    const { talks, untaken } = coverInputs(compiled, { flows, contacts: content.contacts, now: NOW });
    expect(untaken).toEqual(['five none', 'five failed']);
    const lines = talks.flatMap(talk => talk.lines);
    for (const line of ['> 1', '> Hidden words', '> Robin', '> asdfghjkl', '~ 1d'])
      expect(lines).toContain(line);
    expect(talks.length).toBeLessThan(10);
  });
});
