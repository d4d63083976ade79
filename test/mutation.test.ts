import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { makeBundle } from '../src/flows/bundle.ts';
import { checkFlows } from '../src/flows/check.ts';
import { compileFlow } from '../src/flows/compile.ts';
import type { Flow, ReadFlow, Step } from '../src/flows/flow.ts';
import { playScene, readTranscript, type Scene, type TranscriptWorld } from '../src/flows/transcript.ts';
import { waysOut } from '../src/flows/ways.ts';
import { LINES, read, SHIPPED } from './support/flow-files.ts';
import { content } from './support/small-flow.ts';

/** Of all links led astray, this share is noticed before anybody is. */
const LEAST = 0.95;

const FOLDER = 'test/flows';
const world: TranscriptWorld = { ...content, bundle: makeBundle('shipped', content.flows, content.texts) };

/** A link of a flow that leads to another step than it should. */
type Mutant = { of: ReadFlow; flow: Flow; what: string };

function mutantsOf(of: ReadFlow): Mutant[] {
  return of.flow.steps.flatMap(step =>
    waysOut(step).map(({ to, at }) => {
      const link = `${of.flow.flow}: ${step.id} ${at.join('.')}`;
      const others = of.flow.steps.map(({ id }) => id).filter(id => id !== to);
      // By chance, but the same one each time.
      const number = [...link].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 65_521, 7);
      const astray = others[number % others.length] ?? to;
      const steps = of.flow.steps.map(other => (other === step ? retarget(step, at, astray) : other));
      return { of, flow: { ...of.flow, steps }, what: `${link} -> ${astray} instead of ${to}` };
    }),
  );
}

function retarget(step: Step, at: (string | number)[], to: string): Step {
  const { kind } = step;
  const [name, choice] = at;
  if (name === 'choices' && kind.kind === 'ask') {
    const choices = kind.choices.map(one => (one.id === choice ? { ...one, go: to } : one));
    return { ...step, kind: { ...kind, choices } };
  }
  if (kind.kind === 'do')
    return { ...step, kind: { ...kind, outcomes: { ...kind.outcomes, [`${name}`]: to } } };
  if (kind.kind === 'if') return { ...step, kind: { ...kind, [name === 'then' ? 'then' : 'otherwise']: to } };
  if (kind.kind === 'handover' || kind.kind === 'end') return step;
  return { ...step, kind: { ...kind, go: to } };
}

/** The smallest flows that the engine needs: beside them each flow is checked with those only that it calls. */
const NEEDED = [
  'flow: welcome\ntitle: W\nstart: menu\nsteps:\n  menu:\n    ask: What now?\n    choices: { a: { label: Go on, go: menu } }\n',
  'flow: emergency\ntitle: E\nstart: a\nsteps:\n  a: { handover: helpline }\n',
].map(source => read(source, `flows/${/^flow: (\S+)/.exec(source)?.[1]}.yaml`));

function foundBy(of: ReadFlow, flow: Flow): string[] {
  const called = new Set([of, ...SHIPPED.filter(other => other.flow.flow === 'talk-to-a-person')]);
  for (const one of called)
    for (const { kind } of one.flow.steps)
      for (const other of SHIPPED)
        if (kind.kind === 'call' && kind.flow === other.flow.flow) called.add(other);
  const beside = NEEDED.filter(
    ({ flow: { flow: name } }) => ![...called].some(one => one.flow.flow === name),
  );
  const all = [...beside, ...[...called].map(one => (one === of ? { ...of, flow } : one))];
  return checkFlows(all, LINES).map(({ message }) => message);
}

type Played = { scene: Scene; came: string; through: Set<string> };

/** Plays a conversation; `through` are the flows in which it stood. */
function play(scene: Scene, here: TranscriptWorld): Played {
  const through = new Set(scene.setting.flow === null ? ['welcome'] : [scene.setting.flow]);
  const turns = playScene(here, scene);
  let next = turns.next();
  for (; !next.done; next = turns.next()) {
    const { place, returns } = next.value.conversation;
    for (const { flow } of place ? [place, ...returns] : returns) through.add(flow);
  }
  return { scene, came: JSON.stringify(next.value.entries), through };
}

/** Every recorded conversation as it comes out now: first those that were made to take every link. */
const recorded = [...filesIn(`${FOLDER}/cover`), ...filesIn(FOLDER)].flatMap(file => {
  const { transcript, problems } = readTranscript(readFileSync(file, 'utf8'), file);
  if (!transcript) throw new Error(problems.map(({ message }) => message).join('\n'));
  return transcript.scenes.map(scene => play(scene, world));
});

function filesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter(name => name.endsWith('.txt'))
    .map(name => `${folder}/${name}`);
}

/** Whether some recorded conversation comes out otherwise. */
function isHeard({ flow }: Mutant): boolean {
  const flows = new Map(world.bundle.flows).set(flow.flow, compileFlow(flow));
  const astray = { ...world, bundle: { ...world.bundle, flows } };
  const near = recorded.filter(({ through }) => through.has(flow.flow));
  // Those that begin in the flow itself are short, and made for it.
  const sorted = near.sort(
    (a, b) => Number(b.scene.setting.flow === flow.flow) - Number(a.scene.setting.flow === flow.flow),
  );
  return sorted.some(({ scene, came }) => play(scene, astray).came !== came);
}

test('[MUTE-1] a link that leads astray is found by the checks or heard in a recorded conversation', () => {
  const mutants = SHIPPED.flatMap(mutantsOf);
  const before = new Map(SHIPPED.map(of => [of, foundBy(of, of.flow)]));
  const began = performance.now();
  const unchecked = mutants.filter(({ of, flow }) => {
    const known = before.get(of) ?? [];
    return foundBy(of, flow).every(message => known.includes(message));
  });
  const checked = performance.now();
  const missed = unchecked.filter(mutant => !isHeard(mutant));
  const share = (left: Mutant[]) => (100 * (1 - left.length / mutants.length)).toFixed(1);
  console.log(
    `${mutants.length} links led astray: the checks find ${share(unchecked)} %, together with ${recorded.length} recorded conversations ${share(missed)} %`,
    `(${Math.round(checked - began)} ms and ${Math.round(performance.now() - checked)} ms). Missed:\n${missed.map(({ what }) => what).join('\n')}`,
  );
  expect(1 - missed.length / mutants.length).toBeGreaterThanOrEqual(LEAST);
  expect(unchecked.length).toBeLessThan(mutants.length / 2);
}, 180_000);
