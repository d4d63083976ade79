import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ACTIONS, FACTS } from '../src/flows/actions.ts';
import { checkFlows } from '../src/flows/check.ts';
import { readFlow } from '../src/flows/flow.ts';
import { LINES, messages, read } from './support/flow-files.ts';

const RUNS = 10_000;
const MOST_MS = 1_000;

/** The smallest flows that the engine needs. */
const NEEDED = [
  'flow: welcome\ntitle: W\nstart: menu\nsteps:\n  menu:\n    ask: What now?\n    choices: { a: { label: Go on, go: menu } }\n',
  'flow: emergency\ntitle: E\nstart: a\nsteps:\n  a: { handover: helpline }\n',
  'flow: talk-to-a-person\ntitle: T\nstart: a\nsteps:\n  a: { handover: helpline }\n',
].map(source => read(source, `flows/${/^flow: (\S+)/.exec(source)?.[1]}.yaml`));

const TAPE = fc.array(fc.nat(), { minLength: 97, maxLength: 97 });

type Written = Record<string, unknown>;

/** Chances that can be told again: they come off a tape that fast-check makes, round and round. */
function chancesOf(tape: number[]) {
  let at = 0;
  const upTo = (most: number) => (tape[at++ % tape.length] ?? 0) % (most + 1);
  const oneIn = (many: number) => upTo(many - 1) === 0;
  const oneOf = <T>(list: readonly T[], otherwise: T): T =>
    list[upTo(Math.max(list.length - 1, 0))] ?? otherwise;
  return { upTo, oneIn, oneOf };
}
type Chances = ReturnType<typeof chancesOf>;

/** A flow of the format's own words: now right, now wrong, with deep guards, circles and many choices. */
function randomFlow(chance: Chances): Written {
  const { upTo, oneIn, oneOf } = chance;
  const long = oneIn(120);
  const wrong = !long && oneIn(3);
  const ids = Array.from({ length: 1 + upTo(long ? 20 : 3) }, (_, i) => `s${i}`);
  const slots = Array.from({ length: long ? 8 + upTo(12) : upTo(2) }, (_, i) => `slot${i}`);
  const last = { help: { say: '{{numbers}}', handover: 'helpline' }, over: { end: 'over' } };
  const steps: Written = {};
  // Every slot is saved and asked about, one after the other, so that not all is refused for that.
  slots.forEach((slot, i) => {
    const choices = { x: { label: 'Ex' }, y: { label: 'Why' } };
    steps[`ask${i}`] = { ask: 'Which?', save: slot, choices, go: slots[i + 1] ? `ask${i + 1}` : 'if0' };
  });
  slots.forEach((slot, i) => {
    const next = slots[i + 1] ? `if${i + 1}` : 's0';
    steps[`if${i}`] = {
      if: { slot, is: oneIn(30) ? 'z' : 'x' },
      then: oneIn(2) ? 'ask0' : oneOf(ids, 's0'),
      else: next,
    };
  });
  ids.forEach((id, i) => {
    steps[id] = randomStep(chance, { ids, next: ids[i + 1] ?? 'over', slots, wrong });
  });
  const remember = Object.fromEntries(slots.map(slot => [slot, { keep: oneIn(50) ? 'ever' : '1d' }]));
  const start = slots.length > 0 ? 'ask0' : 's0';
  return { flow: 'heron', title: 'Heron', start, remember, steps: { ...steps, ...last } };
}

type Place = { ids: string[]; next: string; slots: string[]; wrong: boolean };

const SAID = ['Hello.', 'Now open: {{numbers}}', 'Well done!', '{{nobody}}', '{{services}}', ['A.', 'B.']];

function randomStep(chance: Chances, { ids, next, slots, wrong }: Place): Written {
  const { upTo, oneIn, oneOf } = chance;
  const anywhere = [...ids, 'help', 'over', ...(wrong ? ['nowhere'] : [])];
  const to = () => (oneIn(2) ? next : oneOf(anywhere, next));
  const marks = ['safety', 'unsafe', 'consent', 'light'].filter(() => oneIn(15));
  const step: Written = {
    ...(marks.length > 0 && { marks }),
    ...(oneIn(4) && { say: oneOf(SAID.slice(0, wrong ? 9 : 2), 'A.') }),
  };
  if (wrong && oneIn(9))
    step[oneOf(['go', 'colour', 'then', 'was', 'say', '__proto__'], 'go')] = oneOf([[], {}, '', 'x'], 5);
  switch (upTo(7)) {
    case 0:
      return { ...step, say: 'Something.', go: next };
    case 1: {
      const [fact, values] = oneOf(Object.entries(FACTS), ['channel', FACTS.channel]);
      const is = wrong && oneIn(4) ? 'x' : oneOf(values ?? ['cy'], 'web');
      return { ...step, if: { fact, is }, then: to(), else: next };
    }
    case 2: {
      const name = oneOf(Object.keys(ACTIONS), 'contacts.open');
      const outcomes = (ACTIONS[name]?.outcomes ?? []).map(outcome => [
        outcome,
        outcome === 'failed' && !oneIn(4) ? 'help' : oneIn(2) ? next : to(),
      ]);
      return { ...step, do: name, ...Object.fromEntries(outcomes) };
    }
    case 3:
      return {
        ...step,
        call: wrong && oneIn(5) ? 'heron' : oneOf(['welcome', 'talk-to-a-person'], 'x'),
        go: next,
      };
    case 4:
      return { ...step, ask: 'Say more.', text: { max: 1 + upTo(99), can_skip: oneIn(2) }, go: next };
    default: {
      const choices = Array.from({ length: 1 + upTo(wrong && oneIn(10) ? 40 : 3) }, (_, i) => [
        `c${i}`,
        {
          label: `Choice ${'abcdefghij'[i % 10]}`,
          go: i === 0 ? next : to(),
          ...(oneIn(20) && { marks: ['unsafe'] }),
          shown: !oneIn(9),
        },
      ]);
      const save = slots.length > 0 && oneIn(9) ? { save: oneOf(slots, 'slot0') } : {};
      return { ...step, ask: 'Which?', choices: Object.fromEntries(choices), ...save };
    }
  }
}

const DAMAGE = ['&a ', '*a', '!!x ', '"', '\n---\n', '}', '\u0000', '- ', ': '];

/** A flow file as text; now and then damaged, now and then no flow at all. */
function randomFile(tape: number[], garbage: string): string {
  const chance = chancesOf(tape);
  if (chance.oneIn(40)) return garbage;
  const text = JSON.stringify(randomFlow(chance), null, chance.oneIn(9) ? 1 : 0);
  if (!chance.oneIn(12)) return text;
  const from = chance.upTo(text.length);
  return text.slice(0, from) + chance.oneOf(DAMAGE, '') + text.slice(from + chance.upTo(20));
}

test(`[FUZZ-1] ${RUNS} random flow files: each is read and checked in under a second, and nothing is thrown`, () => {
  const seen = { slowest: 0, proved: 0, tangled: 0, unread: 0, refused: 0 };
  const began = performance.now();
  fc.assert(
    fc.property(TAPE, fc.string({ maxLength: 100 }), (tape, garbage) => {
      const source = randomFile(tape, garbage);
      const start = process.cpuUsage();
      const result = readFlow(source, 'flows/heron.yaml');
      const problems = result.read ? checkFlows([...NEEDED, result.read], LINES) : result.problems;
      // Our own time: other tests run beside this one.
      const { user, system } = process.cpuUsage(start);
      const took = (user + system) / 1_000;
      seen.slowest = Math.max(seen.slowest, took);
      const said = messages(problems).join();
      if (!result.read) seen.unread += 1;
      else if (problems.length === 0) seen.proved += 1;
      else if (said.includes('too tangled')) seen.tangled += 1;
      else seen.refused += 1;
      expect(took).toBeLessThan(MOST_MS);
      expect(result.read !== null || problems.length > 0).toBe(true);
    }),
    { numRuns: RUNS, seed: 3, endOnFailure: true },
  );
  const all = Math.round(performance.now() - began);
  console.log(
    `${RUNS} flow files in ${all} ms, the slowest in ${Math.round(seen.slowest)} ms: ${JSON.stringify(seen)}`,
  );
  // Chance has reached every part of the checks.
  for (const many of [seen.unread, seen.refused, seen.proved]) expect(many).toBeGreaterThan(100);
  expect(seen.tangled).toBeGreaterThan(5);
}, 120_000);
