import { readdirSync, readFileSync } from 'node:fs';
import { checkFlows } from '../../src/flows/check.ts';
import { type Problem, type ReadFlow, readFlow } from '../../src/flows/flow.ts';

/** The fixed lines in English. */
export const LINES: Record<string, string> = JSON.parse(readFileSync('locales/en/service.json', 'utf8'));

/** The flows of the project. */
export const SHIPPED = readdirSync('flows')
  .filter(name => name.endsWith('.yaml'))
  .map(name => read(readFileSync(`flows/${name}`, 'utf8'), `flows/${name}`));

/** The smallest flows that the engine needs, and a safety question to call. */
const WELCOME = `flow: welcome
title: Welcome
start: menu
steps:
  menu:
    ask: What now?
    choices:
      one: { label: First way, go: over }
  over: { end: done }
`;
const EMERGENCY = `flow: emergency
title: Danger
start: where
steps:
  where:
    ask: Where are you?
    text: { max: 99 }
    go: where
`;
const PERSON = `flow: talk-to-a-person
title: A person
start: person
steps:
  person: { handover: helpline }
`;
const SAFETY = `flow: safety-check
title: Safe
start: safe
steps:
  safe:
    marks: [safety]
    ask: Are you safe?
    choices:
      yes: { label: "Yes", go: safe_now }
      no: { label: "No", go: person, marks: [unsafe] }
  safe_now: { end: safe }
  person: { handover: helpline }
`;

/** A flow that is written rightly. @throws Error with its problems. */
export function read(source: string, file: string): ReadFlow {
  const result = readFlow(source, file);
  if (!result.read) throw new Error(result.problems.map(({ message }) => message).join());
  return result.read;
}

/** A flow of these steps, whose start is the first of them. `remember` names its slots. */
export function heron(steps: string, remember: string[] = []): string {
  const start = /^\s*(\w+):/.exec(steps)?.[1];
  const slots = remember.map(slot => `  ${slot}: { keep: 1d }\n`).join('');
  return `flow: heron\ntitle: Heron\nstart: ${start}\n${slots && `remember:\n${slots}`}steps:\n${steps}`;
}

/** What the checks say of a flow beside the smallest others; `# here` marks the line that they must name. */
export function problemsOf(source: string, others: string[] = [], lines = LINES): Problem[] {
  const all = [WELCOME, EMERGENCY, PERSON, SAFETY, ...others, source];
  return checkFlows(
    all.map(text => read(text, `flows/${/^flow: (\S+)/.exec(text)?.[1]}.yaml`)),
    lines,
  );
}

/** What problems say. */
export function messages(problems: Problem[]): string[] {
  return problems.map(({ message }) => message);
}
