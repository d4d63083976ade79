import { ACTIONS } from './actions.ts';
import type { Problem, Step } from './flow.ts';
import { problemAt, type Situation, type Walked, type Way } from './walk.ts';

/** Whether something good happens at a situation, whatever leads on from there. */
type Met = (at: Situation) => boolean;

/** A person is fetched here. */
export const bringsPerson: Met = ({ step: { kind } }) =>
  kind.kind === 'handover' || (kind.kind === 'do' && ACTIONS[kind.action]?.person === true);

/** A person is fetched, or numbers are said that answer at this minute. */
const bringsPersonOrNumbers: Met = at =>
  bringsPerson(at) || saidAt(at).some(text => text.includes('{{numbers}}'));

/** As above, or 999 is said: enough where there is no other number. */
const bringsAnything: Met = at =>
  bringsPersonOrNumbers(at) || saidAt(at).some(text => text.includes('{{emergency}}'));

function saidAt({ step: { say, sms, kind }, channel }: Situation): string[] {
  const asked = kind.kind === 'ask' ? [(channel === 'sms' && sms.ask) || kind.ask] : [];
  return [...((channel === 'sms' && sms.say) || say), ...asked];
}

/** Promises 4 to 7, each flow by itself and what it calls by what was found of that. */
export function safeWays(flows: Map<string, Walked>): Problem[] {
  const all = [...flows.values()];
  return [
    ...all.flatMap(flow => unsafeWithoutPerson(flows, flow)),
    ...all.flatMap(unsafeWithoutSaying),
    ...all.flatMap(flow => sentTooEarly(flows, flow)),
    ...lightAfterDanger(flows),
    ...all.flatMap(flow => failedWithoutHelp(flows, flow)),
  ];
}

/**
 * What can be asked or ended before `met` happens, from here on within one turn.
 * @returns the steps where that is, of this flow; a call stands for what it leads to.
 */
function before(flows: Map<string, Walked>, from: Situation[], met: Met): Step[] {
  const found = new Set<Step>();
  const seen = new Set(from);
  for (const at of seen) {
    if (met(at)) continue;
    const { kind } = at.step;
    const called = kind.kind === 'call' ? flows.get(kind.flow) : undefined;
    const inCall = called ? before(flows, startsOn(called, at), met) : [];
    if (kind.kind === 'ask' || kind.kind === 'end' || inCall.some(step => step.kind.kind !== 'end'))
      found.add(at.step);
    // A called flow that ends only when it is met does not go on here.
    const goesOn =
      kind.kind !== 'ask' && (kind.kind !== 'call' || inCall.some(step => step.kind.kind === 'end'));
    if (goesOn) for (const { to } of at.ways) if (to) seen.add(to);
  }
  return [...found];
}

function startsOn({ read, walk }: Walked, { channel }: Situation): Situation[] {
  return walk.starts.filter(start => start.channel === channel && start.step.id === read.flow.start);
}

/** Promise 4. */
function unsafeWithoutPerson(flows: Map<string, Walked>, { read, walk }: Walked): Problem[] {
  return walk.situations.flatMap(at => {
    const marked = at.step.marks.includes('unsafe');
    const asks = at.step.kind.kind === 'ask';
    const told = marked && !asks ? before(flows, [at], bringsPerson) : [];
    const answered = at.ways
      .filter(({ choice, by }) => choice?.marks.includes('unsafe') || (marked && asks && by !== 'missed'))
      .flatMap(({ to }) => (to ? before(flows, [to], bringsPerson) : []));
    return [...told, ...answered].map(step => {
      const what = step.kind.kind === 'end' ? 'the flow ends' : 'something is asked';
      return problemAt(
        read,
        at.step.id,
        `Whoever is not safe at "${at.step.id}" gets no person before ${what} at "${step.id}".`,
      );
    });
  });
}

/**
 * Promise 4 rests on the marks. So a step marked `unsafe` is for those alone who said so: whatever else leads there is
 * a forgotten mark or a wrong way.
 */
function unsafeWithoutSaying({ read, walk }: Walked): Problem[] {
  const isUnsafe = ({ step }: Situation) => step.marks.includes('unsafe');
  const calm = new Set(walk.starts.filter(at => !isUnsafe(at)));
  const problems: Problem[] = [];
  for (const at of calm) {
    for (const { to, choice } of at.ways) {
      if (!to || choice?.marks.includes('unsafe')) continue;
      if (!isUnsafe(to)) calm.add(to);
      else {
        const message = `"${at.step.id}" leads to "${to.step.id}", which is for those who are not safe, but nobody has said so.`;
        problems.push(problemAt(read, at.step.id, message, choice ? ['choices', choice.id] : []));
      }
    }
  }
  return problems;
}

type Taken = (at: Situation, way: Way) => boolean;

/** An answer to a question whether they are safe, of those that do not say that they are not. */
const saysSafe: Taken = ({ step }, { choice }) =>
  step.marks.includes('safety') &&
  step.kind.kind === 'ask' &&
  step.kind.choices.some(({ marks }) => marks.includes('unsafe')) &&
  choice !== null &&
  !choice.marks.includes('unsafe');

const saysYes: Taken = ({ step }, { choice }) =>
  step.marks.includes('consent') && choice?.marks.includes('consent') === true;

/** Every situation that is reached without a way of the kind `but`, in this flow or in one that it calls. */
function reachedWithout(flows: Map<string, Walked>, { walk }: Walked, but: Taken): Set<Situation> {
  const seen = new Set(walk.starts);
  for (const at of seen) {
    const { kind } = at.step;
    const called = kind.kind === 'call' ? flows.get(kind.flow) : undefined;
    if (called && !endsWithout(flows, called, but)) continue;
    for (const way of at.ways) if (way.to && !but(at, way)) seen.add(way.to);
  }
  return seen;
}

function endsWithout(flows: Map<string, Walked>, flow: Walked, but: Taken): boolean {
  return [...reachedWithout(flows, flow, but)].some(({ step }) => step.kind.kind === 'end');
}

/** Promise 5. */
function sentTooEarly(flows: Map<string, Walked>, flow: Walked): Problem[] {
  const { read, walk } = flow;
  const sends = walk.situations.filter(
    ({ step: { kind } }) => kind.kind === 'do' && ACTIONS[kind.action]?.sends === true,
  );
  if (sends.length === 0) return [];
  const lacking = (but: Taken, what: string) => {
    const reached = reachedWithout(flows, flow, but);
    return sends
      .filter(at => reached.has(at))
      .map(({ step: { id } }) => problemAt(read, id, `"${id}" can be reached ${what}.`));
  };
  return [
    ...sends.filter(isSentAgain).map(({ step: { id } }) => {
      const message = `What "${id}" has sent can be sent once more: a way leads from its "ok" back to it.`;
      return problemAt(read, id, message, ['ok']);
    }),
    ...lacking(saysSafe, 'without a question whether they are safe'),
    ...lacking(saysYes, 'without a yes to a question marked "consent"'),
  ];
}

/** Nothing about somebody goes out twice. To try again what failed is something else. */
function isSentAgain({ step, ways }: Situation): boolean {
  const after = new Set(ways.flatMap(({ by, to }) => (by === 'ok' && to ? [to] : [])));
  for (const at of after) for (const { to } of at.ways) if (to) after.add(to);
  return [...after].some(at => at.step === step);
}

/** Promise 6: also through the end of a called flow, and into the flows called afterwards. */
function lightAfterDanger(flows: Map<string, Walked>): Problem[] {
  const everywhere = new Set<Walked>();
  for (const flow of flows.values()) {
    for (const { step } of afterDanger(flows, flow)) {
      const called = step.kind.kind === 'call' ? flows.get(step.kind.flow) : undefined;
      if (called) everywhere.add(called);
    }
  }
  for (const flow of everywhere) {
    for (const { step } of flow.walk.situations) {
      const called = step.kind.kind === 'call' ? flows.get(step.kind.flow) : undefined;
      if (called) everywhere.add(called);
    }
  }
  return [...flows.values()].flatMap(flow =>
    [...(everywhere.has(flow) ? flow.walk.situations : afterDanger(flows, flow))]
      .filter(({ step }) => step.marks.includes('light'))
      .map(({ step }) =>
        problemAt(
          flow.read,
          step.id,
          `"${step.id}" is marked "light", but can follow an answer that is not safe.`,
        ),
      ),
  );
}

/** What can follow when somebody has said that they are not safe. */
function afterDanger(flows: Map<string, Walked>, { walk }: Walked): Set<Situation> {
  const seen = new Set<Situation>();
  for (const at of walk.situations) {
    if (at.step.marks.includes('unsafe')) seen.add(at);
    const { kind } = at.step;
    const called = kind.kind === 'call' ? flows.get(kind.flow) : undefined;
    const inCall = called && [...afterDanger(flows, called)].some(({ step }) => step.kind.kind === 'end');
    for (const { to, choice } of at.ways)
      if (to && (inCall || choice?.marks.includes('unsafe'))) seen.add(to);
  }
  for (const at of seen) for (const { to } of at.ways) if (to) seen.add(to);
  return seen;
}

/** Promise 7. What finds nothing helps as little as what fails, but there may be no number besides 999. */
function failedWithoutHelp(flows: Map<string, Walked>, { read, walk }: Walked): Problem[] {
  return walk.situations.flatMap(at =>
    at.ways.flatMap(({ by, to }) => {
      if (at.step.kind.kind !== 'do' || to === null || (by !== 'failed' && by !== 'none')) return [];
      const fails = by === 'failed';
      const what = fails ? 'fails' : 'finds nothing';
      if (!fails && bringsAnything(at)) return [];
      return before(flows, [to], fails ? bringsPersonOrNumbers : bringsAnything).map(step =>
        problemAt(
          read,
          at.step.id,
          `When "${at.step.id}" ${what}, neither a person nor {{numbers}} comes before "${step.id}".`,
          [by],
        ),
      );
    }),
  );
}
