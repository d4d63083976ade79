import { alwaysProblems } from './at-any-time.ts';
import { type CompiledFlow, compileFlow } from './compile.ts';
import type { Problem, ReadFlow } from './flow.ts';
import { bringsPerson, safeWays } from './safe-ways.ts';
import { moveAt, problemAt, type Situation, type Walked, walkFlow } from './walk.ts';
import { inCircles, waysOut } from './ways.ts';

/** Nobody writes three times what is not understood without a person being fetched. */
const MOST_MISSES = 3;
/** A question is silent twice at most: it asks once more, and then it sleeps. */
const MOST_SILENCES = 2;

/**
 * Proves, for flows whose names are all right, what no author may break:
 *
 * 1. a person is one message away at every question, and so is every other word that always works;
 * 2. whoever is never understood reaches a person in at most three turns;
 * 3. silence always ends;
 * 4. "not safe" always reaches a person before anything else is asked, and before any end;
 * 5. every way to an action that sends something passes a question whether they are safe, and their consent;
 * 6. nothing cheerful can follow a danger;
 * 7. an action that fails leads to a person or to numbers, before anything else.
 *
 * @param lines the fixed lines in English
 * @returns what is not so, with file and line.
 */
export function provePromises(reads: ReadFlow[], lines: Record<string, string>): Problem[] {
  const flows = new Map<string, Walked>();
  const tangled: Problem[] = [];
  const byName = new Map(reads.map(read => [read.flow.flow, read]));
  for (const read of reads) walked(read);
  if (tangled.length > 0) return tangled;
  const all = [...flows.values()];
  const problems = [
    ...all.flatMap(neverReached),
    ...all.flatMap(endless),
    ...safeWays(flows),
    ...alwaysProblems(all, lines),
  ];
  const once = new Map(problems.map(problem => [JSON.stringify(problem), problem]));
  return [...once.values()];

  /** Those that it calls first: what a call does to the caller rests on them. No flow calls itself. */
  function walked(read: ReadFlow): Walked | null {
    const { flow, file, lineOf } = read;
    const known = flows.get(flow.flow);
    if (known) return known;
    const compiled = compileFlow(flow);
    const starts = flow.flow === 'welcome' ? [flow.start, 'menu'] : [flow.start];
    const walk = walkFlow(compiled, starts, name => {
      const called = byName.get(name);
      const other = called ? walked(called) : null;
      return other && comesBack(other) ? { saves: other.walk.saves } : null;
    });
    if (walk) flows.set(flow.flow, { read, compiled, walk });
    else if (!tangled.some(problem => problem.file === file))
      tangled.push({ file, line: lineOf(['steps']), message: TANGLED });
    return flows.get(flow.flow) ?? null;
  }
}

const TANGLED = 'This flow is too tangled to be proved. Split it into smaller flows.';

function comesBack({ walk }: Walked): boolean {
  return walk.situations.some(({ step }) => step.kind.kind === 'end');
}

/** Steps to which a way is written, but that the guards before them never let anybody reach. */
function neverReached({ read, compiled, walk }: Walked): Problem[] {
  const walked = new Set(walk.situations.map(({ step }) => step));
  const reached = new Set(walked);
  for (const step of reached) {
    // A call must say where it goes on, even when it never comes back: what follows is no mistake of a guard.
    const open = step.kind.kind === 'call' || !walked.has(step);
    for (const { to } of open ? waysOut(step) : []) {
      const next = compiled.steps.get(to);
      if (next) reached.add(next);
    }
  }
  return read.flow.steps
    .filter(step => !reached.has(step))
    .map(({ id }) =>
      problemAt(
        read,
        id,
        `No answers lead to the step "${id}": what comes before it never lets anybody through.`,
      ),
    );
}

/** Promises 2 and 3. */
function endless(flow: Walked): Problem[] {
  const { read, compiled, walk } = flow;
  const asking = walk.situations.filter(({ step }) => step.kind.kind === 'ask');
  // What is remembered plays no part where nobody answers.
  const questions = new Map(asking.map(at => [`${at.step.id} ${at.channel} ${at.misses}`, at]));
  const problems = [...questions.values()].flatMap(at => {
    const { id } = at.step;
    return [
      ...(isSilentForEver(compiled, at)
        ? [problemAt(read, id, `Silence at the question "${id}" never ends.`)]
        : []),
      ...(isMissedForEver(at)
        ? [
            problemAt(
              read,
              id,
              `Whoever is not understood at "${id}" gets no person after ${MOST_MISSES} turns.`,
            ),
          ]
        : []),
    ];
  });
  return [...problems, ...roundInText(flow)];
}

function isSilentForEver(compiled: CompiledFlow, from: Situation): boolean {
  let nudged = false;
  for (let times = 0; times < MOST_SILENCES; times++) {
    const moved = moveAt(
      compiled,
      from,
      { type: `xstate.after.silence.${compiled.flow.flow}.${from.step.id}` },
      nudged,
    );
    if (moved.outputs.some(({ type }) => type === 'end')) return false;
    nudged = moved.context.nudged;
  }
  return true;
}

function isMissedForEver(from: Situation): boolean {
  if (from.step.kind.kind === 'ask' && from.step.kind.text) return false;
  let at: Situation | null = from;
  for (let turn = 0; turn < MOST_MISSES && at; turn++)
    at = at.ways.find(({ by }) => by === 'missed')?.to ?? null;
  return at !== null;
}

/**
 * Questions that take any words can lead round for ever without anybody being understood. The emergency steps may:
 * they are begun only when a person was fetched already.
 */
function roundInText({ read, walk }: Walked): Problem[] {
  if (read.flow.flow === 'emergency') return [];
  const alone = new Set(walk.starts);
  for (const at of alone) if (!bringsPerson(at)) for (const { to } of at.ways) if (to) alone.add(to);
  const numbered = [...alone].filter(at => !bringsPerson(at));
  const number = new Map(numbered.map((at, i) => [at, String(i)]));
  const next = numbered.map((at): [string, string[]] => {
    const ways = at.step.kind.kind === 'ask' ? at.ways.filter(({ by }) => by === 'wrote') : at.ways;
    return [number.get(at) ?? '', ways.flatMap(({ to }) => (to && number.get(to)) ?? [])];
  });
  return inCircles(new Map(next)).flatMap(name => {
    const step = numbered[Number(name)]?.step;
    if (step?.kind.kind !== 'ask') return [];
    const message = `Whoever writes at "${step.id}" what nobody understands goes round for ever and gets no person.`;
    return [problemAt(read, step.id, message)];
  });
}
