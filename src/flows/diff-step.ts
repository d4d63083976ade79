import {
  changed,
  either,
  type Fields,
  list,
  marked,
  minus,
  moved,
  type Names,
  type Place,
  quoted,
  same,
  tell,
  union,
  unique,
} from './change.ts';
import type { FlowChoice, StepKind } from './flow.ts';

/** What became of what a step does, besides what it says: one sentence for each change. */
export function kindChanges(old: StepKind, now: StepKind, at: Place): string[] {
  if (old.kind === 'say' && now.kind === 'say') return tell(SAY, old, now, at);
  if (old.kind === 'ask' && now.kind === 'ask') return tell(ASK, old, now, at);
  if (old.kind === 'if' && now.kind === 'if') return tell(IF, old, now, at);
  if (old.kind === 'do' && now.kind === 'do') return tell(DO, old, now, at);
  if (old.kind === 'call' && now.kind === 'call') return tell(CALL, old, now, at);
  if (old.kind === 'handover' && now.kind === 'handover') return tell(HANDOVER, old, now, at);
  if (old.kind === 'end' && now.kind === 'end') return tell(END, old, now, at);
  const before = deed(old, at.before, at.titleBefore);
  return [
    `${at.step} is another kind of step: it now ${deed(now, at.after, at.titleAfter)} (before, it ${before}).`,
  ];
}

type Ask = Of<'ask'>;
type Of<K extends StepKind['kind']> = Extract<StepKind, { kind: K }>;

const SAY: Fields<Of<'say'>> = {
  go: (old, now, at) => moved(`after ${at.step}, it`, old.go, now.go, at),
};

const ASK: Fields<Ask> = {
  ask: (old, now) => changed('the question', old.ask, now.ask),
  choices: (old, now, at) => choiceChanges(old.choices, now.choices, at),
  choicesFrom: (old, now, { step }) => {
    const results = (name: string | null) => (name ? `the results of ${quoted(name)}` : 'no results');
    return old.choicesFrom === now.choicesFrom
      ? []
      : [`${step} now offers ${results(now.choicesFrom)} as answers, ${results(old.choicesFrom)} before.`];
  },
  text: ({ text: old }, { text: now }, { step }) => {
    const skip = now?.canSkip ? `${step} may now be skipped.` : `${step} may no longer be skipped.`;
    if (!now) return old ? [`${step} no longer takes an answer in their own words.`] : [];
    const max = `${now.max} characters`;
    if (!old)
      return [
        `${step} now takes an answer in their own words, up to ${max}.`,
        ...(now.canSkip ? [skip] : []),
      ];
    return [
      ...(old.max === now.max ? [] : [`an answer to ${step} may now have ${max} instead of ${old.max}.`]),
      ...(old.canSkip === now.canSkip ? [] : [skip]),
    ];
  },
  expects: ({ expects: old }, { expects: now }, { step }) => {
    const means = (what: string | null) =>
      what ? `saying ${what === 'age' ? 'an age' : what}` : 'saying anything';
    return old === now
      ? []
      : [`an answer to ${step} is now taken as ${means(now)}, before as ${means(old)}.`];
  },
  save: ({ save: old }, { save: now }, { step }) => {
    const before = old ? `, before as ${quoted(old)}` : '';
    if (old === now) return [];
    return now
      ? [`the answer to ${step} is now remembered as ${quoted(now)}${before}.`]
      : [`the answer to ${step} is no longer remembered as ${quoted(old ?? '')}.`];
  },
  go: (old, now, at) => {
    const lead = `after ${at.step}, an answer that is none of the choices`;
    return moved(lead, openTo(old), openTo(now), at);
  },
};

/** Where an answer goes that is no choice of the author's. A question with choices only has no such way. */
function openTo({ text, choicesFrom, go }: Ask): string | null {
  return text || choicesFrom ? go : null;
}

function choiceChanges(old: FlowChoice[], now: FlowChoice[], at: Place): string[] {
  const named = (of: FlowChoice[], { id, label }: FlowChoice) =>
    of.filter(other => other.label === label).length > 1 ? `${quoted(label)} (${id})` : quoted(label);
  const lost = old.filter(({ id }) => !now.some(other => other.id === id));
  // An answer with a new id and the old words is the same answer.
  const before = (choice: FlowChoice) =>
    old.find(({ id }) => id === choice.id) ?? lost.find(({ label }) => label === choice.label);
  const pairs = now.map(choice => ({ choice, was: before(choice) }));
  const gone = old.filter(choice => !pairs.some(({ was }) => was === choice));
  const stayed = pairs.flatMap(({ was }) => was?.id ?? []);
  const inOrder = old.map(({ id }) => id).filter(id => stayed.includes(id));
  return [
    ...gone.map(choice => `${at.step} no longer offers the answer ${named(old, choice)}.`),
    ...pairs.flatMap(({ choice, was }) =>
      was
        ? tell(CHOICE, was, choice, { ...at, answer: named(now, choice) })
        : [`${at.step} has a new answer: ${answer(choice, at.after)}.`],
    ),
    ...(same(inOrder, stayed)
      ? []
      : [`the answers to ${at.step} now come in this order: ${list(now.map(({ label }) => label))}.`]),
  ];
}

type Answer = Place & { answer: string };

const CHOICE: Record<keyof FlowChoice, (old: FlowChoice, now: FlowChoice, at: Answer) => string[]> = {
  id: (old, now, { step, answer }) =>
    old.id === now.id
      ? []
      : [`the answer ${answer} to ${step} is now kept as ${quoted(now.id)} instead of ${quoted(old.id)}.`],
  label: (old, now, { step }) => changed(`an answer to ${step}`, old.label, now.label),
  words: (old, now, { step, answer }) => [
    ...means(minus(unique(now.words), old.words), 'now also', answer, step),
    ...means(minus(unique(old.words), now.words), 'no longer', answer, step),
  ],
  go: (old, now, at) => moved(`after ${at.step}, ${at.answer}`, old.go, now.go, at),
  marks: (old, now, { step, answer }) =>
    marked(unique(old.marks), unique(now.marks), `the answer ${answer} to ${step}`),
  shown: (old, now, { step, answer }) =>
    old.shown === now.shown
      ? []
      : [`at ${step}, ${answer} is ${now.shown ? 'now offered' : 'no longer offered, only understood'}.`],
};

function means(words: string[], how: string, answer: string, step: string): string[] {
  if (words.length === 0) return [];
  return [`at ${step}, ${list(words)} ${how} ${words.length > 1 ? 'mean' : 'means'} ${answer}.`];
}

const IF: Fields<Of<'if'>> = {
  about: (old, now, { step }) =>
    subject(old) === subject(now) ? [] : [`${step} now looks at ${subject(now)} instead of ${subject(old)}.`],
  is: (old, now, { step }) =>
    same([...old.is].sort(), [...now.is].sort())
      ? []
      : [`${step} now looks whether ${subject(now)} is ${either(now.is)} instead of ${either(old.is)}.`],
  then: (old, now, at) => moved(`after ${at.step}, if it is so, it`, old.then, now.then, at),
  otherwise: (old, now, at) =>
    moved(`after ${at.step}, if it is not so, it`, old.otherwise, now.otherwise, at),
};

const DO: Fields<Of<'do'>> = {
  action: (old, now, { step }) => changed(`what ${step} does`, old.action, now.action),
  inputs: (old, now, { step }) =>
    union(Object.keys(old.inputs), Object.keys(now.inputs)).flatMap(input => {
      const [before, after] = [old.inputs[input], now.inputs[input]];
      const what = `what ${step} gives as ${quoted(input)}`;
      if (after === undefined) return [`${what} is no longer given; it was ${quoted(before ?? '')}.`];
      return before === undefined ? [`${what} is new: ${quoted(after)}.`] : changed(what, before, after);
    }),
  outcomes: (old, now, at) =>
    union(Object.keys(old.outcomes), Object.keys(now.outcomes)).flatMap(outcome => {
      const lead = `after ${at.step}, ${when(outcome)}, it`;
      return moved(lead, old.outcomes[outcome] ?? null, now.outcomes[outcome] ?? null, at);
    }),
};

const CALL: Fields<Of<'call'>> = {
  flow: (old, now, at) =>
    old.flow === now.flow
      ? []
      : [`${at.step} now goes through ${at.titleAfter(now.flow)} instead of ${at.titleBefore(old.flow)}.`],
  go: (old, now, at) => moved(`after ${at.step}, when it has come back, it`, old.go, now.go, at),
};

const HANDOVER: Fields<Of<'handover'>> = {
  team: (old, now, { step }) => changed(`the team that ${step} brings`, old.team, now.team),
};

const END: Fields<Of<'end'>> = {
  as: (old, now, { step }) => changed(`how ${step} ends`, old.as, now.as),
};

/**
 * What a step does, for one that is new.
 * @param title what a flow is called, by its id
 * @returns words to go on with after "it"
 */
export function deed(kind: StepKind, { goal }: Names, title: (flow: string) => string): string {
  switch (kind.kind) {
    case 'say':
      return `goes on to ${goal(kind.go)}`;
    case 'ask': {
      const open = openTo(kind);
      const answers = kind.choices.map(choice => answer(choice, { goal }));
      const theirs = open ? [`anything else, which goes to ${goal(open)}`] : [];
      const kept = kind.save ? `; the answer is remembered as ${quoted(kind.save)}` : '';
      return `asks ${quoted(kind.ask)} with the answers ${[...answers, ...theirs].join('; ')}${kept}`;
    }
    case 'if':
      return `looks whether ${subject(kind)} is ${either(kind.is)}: if so it goes to ${goal(kind.then)}, otherwise to ${goal(kind.otherwise)}`;
    case 'do':
      return [
        `does ${quoted(kind.action)}`,
        ...Object.entries(kind.inputs).map(([input, value]) => `with ${quoted(value)} as ${quoted(input)}`),
        ...Object.entries(kind.outcomes).map(([outcome, to]) => `${when(outcome)}, it goes to ${goal(to)}`),
      ].join('; ');
    case 'call':
      return `goes through ${title(kind.flow)} and then to ${goal(kind.go)}`;
    case 'handover':
      return `brings a person (${kind.team})`;
    case 'end':
      return `ends as ${quoted(kind.as)}`;
  }
}

function answer({ label, marks, go }: FlowChoice, { goal }: Pick<Names, 'goal'>): string {
  const inFile = marks.length > 0 ? ` (marked ${list(unique(marks))})` : '';
  return `${quoted(label)}${inFile}, which goes to ${goal(go)}`;
}

function subject({ about }: Of<'if'>): string {
  return 'fact' in about ? quoted(about.fact) : `the remembered ${quoted(about.slot)}`;
}

const WHEN: Record<string, string> = {
  ok: 'when it works',
  none: 'when there is nothing',
  unsure: 'when it is not sure',
  failed: 'when it fails',
};

function when(outcome: string): string {
  return WHEN[outcome] ?? `when it ends as ${quoted(outcome)}`;
}
