import { isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import { z } from 'zod';

/**
 * A conversation flow as charity staff write it, in YAML, and as the engine reads it.
 * Seven kinds of step, no expressions, no code. English stands inline; its keys are derived, never typed.
 */
export type Flow = {
  flow: string;
  title: string;
  start: string;
  /** The only things this flow may store about the person, and for how long (e.g. `30d`). */
  remember: Record<string, { keep: string; sensitive?: boolean | undefined }>;
  /** In the order of the file. */
  steps: Step[];
};

/**
 * What the checks read. `safety`: must be right before anything is published. `unsafe`: somebody has said that they
 * are not safe. `consent`: here they say yes to one thing. `light`: cheerful, so never after a risk.
 */
const MARKS = ['safety', 'unsafe', 'consent', 'light'] as const;
export type Mark = (typeof MARKS)[number];

/** What kind of answer a question expects: risk detection reads "24" after "how old is he?" another way. */
const EXPECTATIONS = ['age', 'who', 'when', 'where'] as const;
export type Expectation = (typeof EXPECTATIONS)[number];

export type Step = {
  id: string;
  /** Said before anything else the step does; each entry is a message of its own. */
  say: string[];
  /** Other words for SMS, where there are any. */
  sms: { say: string[] | null; ask: string | null; choices: Record<string, string> };
  marks: Mark[];
  /** Names that this step had before: whoever stood there stands here. */
  was: string[];
  kind: StepKind;
};

export type StepKind =
  | { kind: 'say'; go: string }
  | {
      kind: 'ask';
      ask: string;
      choices: FlowChoice[];
      /** The results of an action that are offered as choices after the ones that stand here. */
      choicesFrom: string | null;
      text: { max: number; canSkip: boolean } | null;
      expects: Expectation | null;
      save: string | null;
      go: string | null;
    }
  | { kind: 'if'; about: { fact: string } | { slot: string }; is: string[]; then: string; otherwise: string }
  | { kind: 'do'; action: string; inputs: Record<string, string>; outcomes: Record<string, string> }
  | { kind: 'call'; flow: string; go: string }
  | { kind: 'handover'; team: string }
  | { kind: 'end'; as: string };

/** A choice that is not `shown` is understood when somebody writes it, but is no button and has no number. */
export type FlowChoice = {
  id: string;
  label: string;
  words: string[];
  go: string;
  marks: Mark[];
  shown: boolean;
};

/** Something wrong in a file, in a sentence that the person who wrote the file understands. `line` counts from 1. */
export type Problem = { file: string; line: number; message: string };

/** A read flow, and where each part of it stands in its file. */
export type ReadFlow = { flow: Flow; file: string; lineOf(path: (string | number)[]): number };

/** The most choices a question may offer; "talk to a person" comes on top of them. */
export const MAX_CHOICES = 4;

const id = z
  .string()
  .regex(/^[a-z][a-z0-9_]*$/, 'must be small letters, digits and _, beginning with a letter');
const flowId = z
  .string()
  .regex(/^[a-z][a-z0-9-]*$/, 'must be small letters, digits and -, beginning with a letter');
const words = z.string().trim().min(1, 'is empty');
const oneOrMore = z
  .union([words, z.array(words).min(1)])
  .transform(said => (typeof said === 'string' ? [said] : said));

const marks = z.array(z.enum(MARKS)).default([]);
const choiceSchema = z.strictObject({
  label: words,
  words: z.array(words).default([]),
  go: id.optional(),
  marks,
  shown: z.boolean().default(true),
});

const stepSchema = z.strictObject({
  say: oneOrMore.optional(),
  sms: z
    .strictObject({
      say: oneOrMore.optional(),
      ask: words.optional(),
      choices: z.record(id, words).default({}),
    })
    .optional(),
  marks,
  was: z.array(id).default([]),
  go: id.optional(),
  ask: words.optional(),
  choices: z.record(id, choiceSchema).optional(),
  choices_from: id.optional(),
  expects: z.enum(EXPECTATIONS).optional(),
  text: z.strictObject({ max: z.int().min(1).max(1000), can_skip: z.boolean().default(false) }).optional(),
  save: id.optional(),
  if: z.strictObject({ fact: words.optional(), slot: id.optional(), is: oneOrMore }).optional(),
  then: id.optional(),
  else: id.optional(),
  do: words.optional(),
  with: z.record(z.string(), z.string()).optional(),
  ok: id.optional(),
  none: id.optional(),
  unsure: id.optional(),
  failed: id.optional(),
  call: flowId.optional(),
  handover: id.optional(),
  end: id.optional(),
});

const flowSchema = z.strictObject({
  flow: flowId,
  title: words,
  start: id,
  remember: z
    .record(
      id,
      z.strictObject({
        keep: z.string().regex(/^\d+[hd]$/, 'must be a number and h or d, such as 30d'),
        sensitive: z.boolean().optional(),
      }),
    )
    .default({}),
  steps: z.record(id, stepSchema),
});

type RawStep = z.infer<typeof stepSchema>;

/** What may stand beside each kind of step, besides `say`, `sms`, `marks` and `was`. */
const BESIDE: Record<StepKind['kind'], (keyof RawStep)[]> = {
  say: ['go'],
  ask: ['ask', 'choices', 'choices_from', 'text', 'expects', 'save', 'go'],
  if: ['if', 'then', 'else'],
  do: ['do', 'with', 'ok', 'none', 'unsure', 'failed'],
  call: ['call', 'go'],
  handover: ['handover'],
  end: ['end'],
};
const KINDS = ['ask', 'if', 'do', 'call', 'handover', 'end'] as const;
export const OUTCOMES_OF_DO = ['ok', 'none', 'unsure', 'failed'] as const;

/**
 * Reads one flow file (YAML 1.2; duplicate keys, anchors and tags are refused). Whether the names in it exist
 * elsewhere is asked by check.ts.
 * @returns the flow, or every problem with its line.
 */
export function readFlow(
  source: string,
  file: string,
): { read: ReadFlow; problems: [] } | { read: null; problems: Problem[] } {
  const counter = new LineCounter();
  const document = parseDocument(source, {
    version: '1.2',
    schema: 'core',
    lineCounter: counter,
    uniqueKeys: true,
    prettyErrors: false,
  });
  const lineAt = (offset: number) => counter.linePos(offset).line;
  const problems: Problem[] = document.errors.map(error => ({
    file,
    line: lineAt(error.pos[0]),
    message: plain(error.message),
  }));
  visit(document, {
    Pair: (_, { key }) => {
      if (isMap(key) || isSeq(key))
        problems.push({
          file,
          line: lineAt(key.range?.[0] ?? 0),
          message: 'A list or a group in brackets cannot be a name. Put quotes around it if it is a text.',
        });
    },
    Alias: (_, node) =>
      void problems.push({
        file,
        line: lineAt(node.range?.[0] ?? 0),
        message: 'A copy mark (*name) is not allowed. Write the words out.',
      }),
    Node: (_, node) => {
      if ('anchor' in node && node.anchor)
        problems.push({
          file,
          line: lineAt(node.range?.[0] ?? 0),
          message: `A copy mark (&${node.anchor}) is not allowed. Write the words out.`,
        });
      if (node.tag)
        problems.push({
          file,
          line: lineAt(node.range?.[0] ?? 0),
          message: `A type mark (${node.tag}) is not allowed.`,
        });
    },
  });
  if (problems.length > 0) return { read: null, problems };

  const lineOf = (path: (string | number)[]) => lineAt(offsetOf(document.contents, path));
  const raw = flowSchema.safeParse(document.toJS());
  if (!raw.success)
    return { read: null, problems: raw.error.issues.flatMap(issue => fromIssue(issue, file, lineOf)) };

  const order = Object.keys(raw.data.steps);
  const steps: Step[] = [];
  order.forEach((stepId, index) => {
    const rawStep = raw.data.steps[stepId];
    if (!rawStep) return;
    const step = toStep(stepId, rawStep, order[index + 1]);
    if ('message' in step) problems.push({ file, line: lineOf(['steps', stepId]), message: step.message });
    else steps.push(step);
  });
  if (problems.length > 0) return { read: null, problems };
  return { read: { flow: { ...raw.data, steps }, file, lineOf }, problems: [] };
}

function toStep(stepId: string, raw: RawStep, next: string | undefined): Step | { message: string } {
  const kinds = KINDS.filter(kind => raw[kind] !== undefined);
  if (kinds.length > 1) return { message: `The step "${stepId}" can be only one of: ${kinds.join(', ')}.` };
  const kind = kinds[0] ?? 'say';
  const foreign = Object.keys(raw).filter(
    key => !['say', 'sms', 'marks', 'was'].includes(key) && !BESIDE[kind].some(allowed => allowed === key),
  );
  if (foreign.length > 0)
    return {
      message: `The step "${stepId}" is of the kind "${kind}", which has no "${foreign.join('", "')}".`,
    };
  const built = toKind(stepId, raw, next);
  if ('message' in built) return built;
  const own = raw.sms?.choices ?? {};
  const strange = Object.keys(own).find(choice => !Object.hasOwn(raw.choices ?? {}, choice));
  if (strange !== undefined)
    return { message: `"${stepId}" has SMS words for the choice "${strange}", but no such choice.` };
  const sms = { say: raw.sms?.say ?? null, ask: raw.sms?.ask ?? null, choices: own };
  return { id: stepId, say: raw.say ?? [], sms, marks: raw.marks, was: raw.was, kind: built };
}

function toKind(stepId: string, raw: RawStep, next: string | undefined): StepKind | { message: string } {
  const lost = { message: `After "${stepId}" there is nowhere to go: it is the last step and has no "go".` };
  const go = raw.go ?? next;
  if (raw.ask !== undefined) return toAsk(stepId, raw.ask, raw, go);
  if (raw.if !== undefined) {
    const { fact, slot, is } = raw.if;
    if ((fact === undefined) === (slot === undefined))
      return { message: `"${stepId}" must ask about either a fact or a slot.` };
    const otherwise = raw.else ?? next;
    if (!raw.then || !otherwise) return { message: `"${stepId}" needs "then" and "else".` };
    const about = fact !== undefined ? { fact } : { slot: slot ?? '' };
    return { kind: 'if', about, is, then: raw.then, otherwise };
  }
  if (raw.do !== undefined) {
    const outcomes = Object.fromEntries(
      OUTCOMES_OF_DO.flatMap(outcome => (raw[outcome] ? [[outcome, raw[outcome]]] : [])),
    );
    return { kind: 'do', action: raw.do, inputs: raw.with ?? {}, outcomes };
  }
  if (raw.handover !== undefined) return { kind: 'handover', team: raw.handover };
  if (raw.end !== undefined) return { kind: 'end', as: raw.end };
  if (!go) return lost;
  if (raw.call !== undefined) return { kind: 'call', flow: raw.call, go };
  if (!raw.say)
    return { message: `The step "${stepId}" does nothing: it needs "say" or one of ${KINDS.join(', ')}.` };
  return { kind: 'say', go };
}

function toAsk(
  stepId: string,
  ask: string,
  raw: RawStep,
  go: string | undefined,
): StepKind | { message: string } {
  const named = Object.entries(raw.choices ?? {});
  const shown = named.filter(([, choice]) => choice.shown).length;
  if (shown === 0 && !raw.text && !raw.choices_from)
    return { message: `The question "${stepId}" needs "choices" or "text".` };
  if (shown > MAX_CHOICES)
    return {
      message: `The question "${stepId}" has ${shown} choices; ${MAX_CHOICES} is the most that people can hold in mind.`,
    };
  const choices: FlowChoice[] = [];
  for (const [choiceId, { go: own, ...choice }] of named) {
    const to = own ?? go;
    if (!to) return { message: `The choice "${choiceId}" of "${stepId}" goes nowhere: it needs a "go".` };
    choices.push({ id: choiceId, ...choice, go: to });
  }
  if (raw.text && !go) return { message: `The question "${stepId}" takes text, so it needs a "go".` };
  if (raw.choices_from && !go)
    return { message: `The question "${stepId}" offers results, so it needs a "go".` };
  const text = raw.text ? { max: raw.text.max, canSkip: raw.text.can_skip } : null;
  const { save = null, expects = null, choices_from: choicesFrom = null } = raw;
  return { kind: 'ask', ask, choices, choicesFrom, text, expects, save, go: go ?? null };
}

function fromIssue(issue: z.core.$ZodIssue, file: string, lineOf: ReadFlow['lineOf']): Problem[] {
  const path = issue.path.filter(part => typeof part !== 'symbol');
  const where = path.length > 0 ? `"${path.join(' > ')}"` : 'The file';
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(key => ({
      file,
      line: lineOf([...path, key]),
      message: `"${key}" is not a word that a flow file knows here.`,
    }));
  }
  if (issue.code === 'invalid_key')
    return [
      {
        file,
        line: lineOf(path),
        message: `The name ${where} must be small letters, digits and _, beginning with a letter.`,
      },
    ];
  return [{ file, line: lineOf(path), message: `${where}: ${plain(issue.message)}` }];
}

/** The offset in the file of the key at `path`, or of the nearest part above it. */
function offsetOf(node: unknown, path: (string | number)[]): number {
  let current = node;
  let offset = 0;
  for (const part of path) {
    if (isMap(current)) {
      const pair = current.items.find(item => isScalar(item.key) && String(item.key.value) === String(part));
      if (!pair || !isScalar(pair.key)) break;
      offset = pair.key.range?.[0] ?? offset;
      current = pair.value;
    } else if (isSeq(current) && typeof part === 'number') {
      const item = current.items[part];
      if (isScalar(item) || isMap(item)) offset = item.range?.[0] ?? offset;
      current = item;
    } else break;
  }
  return offset;
}

function plain(message: string): string {
  if (/Map keys must be unique/.test(message)) return 'The same name stands twice here.';
  if (/received undefined/.test(message)) return 'is missing.';
  if (/multiple documents/.test(message))
    return 'A line of three dashes begins a second file here. One flow, one file.';
  if (/expected (\w+), received (\w+)/.test(message))
    return 'is not written in the way that a flow file knows here.';
  return message.endsWith('.') ? message : `${message}.`;
}
