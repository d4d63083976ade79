import {
  type Fields,
  list,
  marked,
  minus,
  moved,
  type Names,
  type Place,
  quoted,
  type Scene,
  same,
  type Tell,
  tell,
  union,
  unique,
} from './change.ts';
import { deed, kindChanges } from './diff-step.ts';
import type { Flow, Step } from './flow.ts';

/**
 * What changed between two sets of flows, in sentences that a youth worker understands: they are read by whoever
 * approves a change. The tables below name every field of a flow, so that a field added to the format without a
 * sentence for it does not compile.
 */

/**
 * Compares two sets of flows.
 * @returns one sentence for each change, ordered by flow and step; "Nothing changed." when there is none. The order of
 * flows, of what is remembered and of words that mean the same answer is no change.
 */
export function diffFlows(before: Flow[], after: Flow[]): string[] {
  const ids = [...new Set([...before, ...after].map(({ flow }) => flow))].sort();
  const titles = (flows: Flow[]) => (id: string) =>
    quoted(flows.find(({ flow }) => flow === id)?.title ?? id);
  const sentences = ids.flatMap(id => {
    const old = before.find(({ flow }) => flow === id);
    const now = after.find(({ flow }) => flow === id);
    if (!old) return now ? [`There is a new flow: ${quoted(now.title)} (${id}), ${stepsOf(now)}.`] : [];
    if (!now) return [`The flow ${quoted(old.title)} (${id}) is gone.`];
    return flowChanges(old, now, titles(before), titles(after)).map(change => `${now.title}: ${change}`);
  });
  return sentences.length > 0 ? sentences : ['Nothing changed.'];
}

function stepsOf({ steps }: Flow): string {
  return steps.length === 1 ? '1 step' : `${steps.length} steps`;
}

function flowChanges(
  old: Flow,
  now: Flow,
  titleBefore: Scene['titleBefore'],
  titleAfter: Scene['titleAfter'],
): string[] {
  const oldIds = pairSteps(old, now);
  const matched = new Set(oldIds.values());
  const gone = new Set(old.steps.map(({ id }) => id).filter(id => !matched.has(id)));
  const scene = { before: namesIn(old), after: namesIn(now), oldIds, gone, titleBefore, titleAfter };
  return tell(FLOW, old, now, { ...scene, step: '' });
}

/** A step is the same one when its id is, or when it says (`was:`) that it had that id. */
function pairSteps(old: Flow, now: Flow): Map<string, string> {
  const free = new Set(old.steps.map(({ id }) => id));
  const pairs = new Map<string, string>();
  const pair = (id: string, oldId: string | undefined) => {
    if (oldId !== undefined && free.delete(oldId)) pairs.set(id, oldId);
  };
  for (const { id } of now.steps) pair(id, id);
  for (const { id, was } of now.steps)
    if (!pairs.has(id))
      pair(
        id,
        was.find(name => free.has(name)),
      );
  return pairs;
}

/** Steps are called by their first words, with the id behind where several begin with the same ones. */
function namesIn({ steps }: Flow): Names {
  const first = new Map(steps.map(step => [step.id, firstWords(step)]));
  const people = steps.filter(({ kind }) => kind.kind === 'handover').map(({ id }) => id);
  const named = (id: string) => {
    const words = first.get(id) ?? '';
    if (words === '') return `the step "${id}"`;
    return [...first.values()].filter(other => other === words).length > 1
      ? `${quoted(words)} (${id})`
      : quoted(words);
  };
  const goal = (id: string) =>
    people.includes(id) ? (people.length > 1 ? `a person (${id})` : 'a person') : named(id);
  return { named, goal };
}

const NAME_WORDS = 8;

function firstWords({ say, sms, kind }: Step): string {
  const text = (kind.kind === 'ask' ? kind.ask : undefined) ?? say[0] ?? sms.say?.[0] ?? '';
  const all = text.split(/\s+/).filter(Boolean);
  return all.slice(0, NAME_WORDS).join(' ') + (all.length > NAME_WORDS ? '…' : '');
}

const FLOW: Fields<Flow> = {
  flow: () => [],
  title: ({ title }, now) =>
    title === now.title ? [] : [`it is now called ${quoted(now.title)} instead of ${quoted(title)}.`],
  start: (old, now, at) => moved('the flow', old.start, now.start, at, 'starts with'),
  remember: (old, now) =>
    union(Object.keys(old.remember), Object.keys(now.remember)).flatMap(slot =>
      kept(slot, old.remember[slot], now.remember[slot]),
    ),
  steps: (old, now, at) => [...eachStep(old, now, at), ...stepOrder(old, now, at)],
};

function kept(slot: string, old: Flow['remember'][string] | undefined, now: typeof old): string[] {
  const secret = now?.sensitive ? ', as something sensitive' : '';
  if (!old) return now ? [`it now remembers ${quoted(slot)} for ${time(now.keep)}${secret}.`] : [];
  if (!now) return [`it no longer remembers ${quoted(slot)}.`];
  const sentences =
    old.keep === now.keep
      ? []
      : [`it now remembers ${quoted(slot)} for ${time(now.keep)} instead of ${time(old.keep)}.`];
  if (Boolean(old.sensitive) !== Boolean(now.sensitive))
    sentences.push(
      `what it remembers as ${quoted(slot)} is ${now.sensitive ? 'now' : 'no longer'} sensitive.`,
    );
  return sentences;
}

/** "30 days" of "30d". */
function time(keep: string): string {
  const [, count = '', unit = ''] = /^(\d+)([hd])$/.exec(keep) ?? [];
  return `${count} ${unit === 'h' ? 'hour' : 'day'}${count === '1' ? '' : 's'}`;
}

/** In the order of the steps now; what is gone stands behind the step that it came after. */
function eachStep(old: Flow, now: Flow, scene: Place): string[] {
  const newIds = new Map([...scene.oldIds].map(([id, oldId]) => [oldId, id]));
  const goneAfter = new Map<string, string[]>();
  let last = '';
  for (const { id } of old.steps) {
    last = newIds.get(id) ?? last;
    if (scene.gone.has(id)) goneAfter.set(last, [...(goneAfter.get(last) ?? []), goneStep(id, now, scene)]);
  }
  const changes = now.steps.flatMap(step => {
    const before = old.steps.find(({ id }) => id === scene.oldIds.get(step.id));
    const at = { ...scene, step: scene.after.named(step.id) };
    const own = before ? tell(STEP, before, step, at) : [newStep(step, at)];
    return [...own, ...(goneAfter.get(step.id) ?? [])];
  });
  return [...(goneAfter.get('') ?? []), ...changes];
}

function goneStep(id: string, now: Flow, { before, after }: Scene): string {
  const heir = now.steps.find(({ was }) => was.includes(id));
  const rest = heir ? ` Whoever stands there goes on at ${after.named(heir.id)}.` : '';
  return `${before.named(id)} is gone.${rest}`;
}

function newStep(step: Step, at: Place): string {
  const { say, sms, marks, kind } = step;
  const says = say.length > 0 ? `says ${list(say)} and ` : '';
  const bySms = [...(sms.say ?? []), ...(sms.ask ? [sms.ask] : []), ...Object.values(sms.choices)];
  const inSms = bySms.length > 0 ? ` By SMS its words are ${list(bySms)}.` : '';
  const inFile = marks.length > 0 ? ` It is marked ${list(unique(marks))}.` : '';
  return `there is a new step, ${at.step}: it ${says}${deed(kind, at.after, at.titleAfter)}.${inSms}${inFile}`;
}

function stepOrder(old: Flow, now: Flow, { oldIds }: Scene): string[] {
  const stayed = new Set(oldIds.values());
  const before = old.steps.map(({ id }) => id).filter(id => stayed.has(id));
  const after = now.steps.flatMap(({ id }) => oldIds.get(id) ?? []);
  return same(before, after) ? [] : ['its steps stand in another order in the file.'];
}

const STEP: Fields<Step> & { kind: Tell<Step> } = {
  id: (old, now, { step }) =>
    old.id === now.id ? [] : [`${step} has a new name in the file: "${now.id}" instead of "${old.id}".`],
  was: (old, now, { step, gone, oldIds }) => {
    const told = (id: string) => gone.has(id) || oldIds.get(now.id) === id;
    return [
      ...minus(now.was, old.was)
        .filter(id => !told(id))
        .map(id => `whoever stood at a step "${id}" now goes on at ${step}.`),
      ...minus(old.was, now.was)
        .filter(id => id !== now.id)
        .map(id => `whoever stood at a step "${id}" no longer goes on at ${step}.`),
    ];
  },
  marks: (old, now, { step }) => marked(unique(old.marks), unique(now.marks), step),
  say: (old, now, { step }) => said(old.say, now.say, step),
  sms: (old, now, at) => smsChanges(old, now, at),
  kind: (old, now, at) => kindChanges(old.kind, now.kind, at),
};

/** The messages of a step. What is gone and what is new are told in pairs, as far as there are pairs. */
function said(old: string[], now: string[], step: string): string[] {
  const gone = minus(old, now);
  const fresh = minus(now, old);
  const paired = Math.min(gone.length, fresh.length);
  const stayed = (texts: string[], others: string[]) => unique(texts.filter(text => others.includes(text)));
  const inOrder = gone.length + fresh.length > 0 ? same(stayed(old, now), stayed(now, old)) : same(old, now);
  return [
    ...gone
      .slice(0, paired)
      .map((text, i) => `${step} now says ${quoted(fresh[i] ?? '')} instead of ${quoted(text)}.`),
    ...gone.slice(paired).map(text => `${step} no longer says ${quoted(text)}.`),
    ...fresh.slice(paired).map(text => `${step} now also says ${quoted(text)}.`),
    ...(inOrder ? [] : [`${step} says its messages in another order.`]),
  ];
}

function smsChanges({ sms: old, kind: oldKind }: Step, { sms: now, kind }: Step, { step }: Place): string[] {
  const labels = new Map(
    [oldKind, kind].flatMap(of => (of.kind === 'ask' ? of.choices : [])).map(({ id, label }) => [id, label]),
  );
  const says = old.say && now.say ? said(old.say, now.say, `by SMS, ${step}`) : own(old.say, now.say, step);
  const alone = (text: string | null | undefined) => (text ? [text] : null);
  const answers = union(Object.keys(old.choices), Object.keys(now.choices)).flatMap(id =>
    own(
      alone(old.choices[id]),
      alone(now.choices[id]),
      `the answer ${quoted(labels.get(id) ?? id)} to ${step}`,
    ),
  );
  return [...says, ...own(alone(old.ask), alone(now.ask), `the question ${step}`), ...answers];
}

/** Words that are there for SMS only. */
function own(old: string[] | null, now: string[] | null, what: string): string[] {
  if (!now) return old ? [`by SMS, ${what} no longer has words of its own; they were ${list(old)}.`] : [];
  const before = old ? ` instead of ${list(old)}` : '';
  return old && same(old, now) ? [] : [`by SMS, ${what} now reads ${list(now)}${before}.`];
}
