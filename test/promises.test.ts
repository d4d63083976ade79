import { describe, expect, test } from 'vitest';
import { checkFlows } from '../src/flows/check.ts';
import { heron, LINES, messages, problemsOf, SHIPPED } from './support/flow-files.ts';

/** What breaks each promise, and what must be said of it; `# here` ends the line that is named. */
const BROKEN: { id: string; what: string; steps: string; said: string; slots?: string[] }[] = [
  {
    id: 'PROVE-2',
    what: 'free text that leads round for ever',
    steps: '  a: # here\n    ask: Tell me.\n    text: { max: 9 }\n    go: b\n  b: { say: Go on., go: a }\n',
    said: 'Whoever writes at "a" what nobody understands goes round for ever',
  },
  {
    id: 'PROVE-4',
    what: 'an unsafe choice that ends',
    steps:
      '  a: # here\n    ask: Safe?\n    choices: { n: { label: No, marks: [unsafe], go: b } }\n  b: { end: over }\n',
    said: 'Whoever is not safe at "a" gets no person before the flow ends at "b".',
  },
  {
    id: 'PROVE-4',
    what: 'an unsafe choice that is asked something else',
    steps:
      '  a: # here\n    ask: Safe?\n    choices: { n: { label: No, marks: [unsafe], go: b } }\n  b:\n    ask: Why?\n    choices: { x: { label: X, go: c } }\n  c: { handover: helpline }\n',
    said: 'Whoever is not safe at "a" gets no person before something is asked at "b".',
  },
  {
    id: 'PROVE-4',
    what: 'an unsafe step of which one way ends',
    steps:
      '  a: # here\n    marks: [unsafe]\n    if: { fact: onDuty, is: "yes" }\n    then: b\n    else: c\n  b: { handover: helpline }\n  c: { end: over }\n',
    said: 'Whoever is not safe at "a" gets no person before the flow ends at "c".',
  },
  {
    id: 'PROVE-4',
    what: 'an unsafe step that calls a flow that asks',
    steps:
      '  a: { marks: [unsafe], say: Hm. } # here\n  b: { call: safety-check, go: c }\n  c: { handover: helpline }\n',
    said: 'Whoever is not safe at "a" gets no person before something is asked at "b".',
  },
  {
    id: 'PROVE-5',
    what: 'something sent without a question whether they are safe',
    steps:
      '  a:\n    marks: [consent]\n    ask: Send?\n    choices: { y: { label: "Yes", marks: [consent], go: b } }\n  b: # here\n    do: home_message.ask\n    ok: c\n    failed: d\n  c: { end: over }\n  d: { handover: helpline }\n',
    said: '"b" can be reached without a question whether they are safe.',
  },
  {
    id: 'PROVE-5',
    what: 'something sent after a question that nobody can answer as unsafe',
    steps:
      '  s:\n    marks: [safety]\n    ask: Safe?\n    choices: { y: { label: "Yes", go: a } }\n  a:\n    marks: [consent]\n    ask: Send?\n    choices: { y: { label: "Yes", marks: [consent], go: b } }\n  b: # here\n    do: home_message.ask\n    ok: c\n    failed: d\n  c: { end: over }\n  d: { handover: helpline }\n',
    said: '"b" can be reached without a question whether they are safe.',
  },
  {
    id: 'PROVE-5',
    what: 'something sent after a no',
    steps:
      '  s: { call: safety-check, go: a }\n  a:\n    marks: [consent]\n    ask: Send?\n    choices:\n      y: { label: "Yes", marks: [consent], go: b }\n      n: { label: "No", go: b }\n  b: # here\n    do: home_message.ask\n    ok: c\n    failed: d\n  c: { end: over }\n  d: { handover: helpline }\n',
    said: '"b" can be reached without a yes to a question marked "consent".',
  },
  {
    id: 'PROVE-6',
    what: 'cheer after a danger',
    steps:
      '  a: { marks: [unsafe], say: Hm. }\n  b:\n    do: person.call\n    with: { about: held }\n    ok: c\n  c: { marks: [light], say: Take care., end: over } # here\n',
    said: '"c" is marked "light", but can follow an answer that is not safe.',
  },
  {
    id: 'PROVE-7',
    what: 'a failure that only ends',
    steps:
      '  a:\n    do: contacts.open\n    with: { kinds: talk }\n    ok: b\n    none: c\n    failed: b # here\n  b: { end: over }\n  c: { handover: helpline }\n',
    said: 'When "a" fails, neither a person nor {{numbers}} comes before "b".',
  },
  {
    id: 'PROVE-7',
    what: 'a failure that only by SMS has no numbers',
    steps:
      '  a:\n    do: contacts.open\n    with: { kinds: talk }\n    ok: b\n    none: c\n    failed: b # here\n  b: { say: "Open: {{numbers}}", sms: { say: Sorry. }, end: over }\n  c: { handover: helpline }\n',
    said: 'When "a" fails, neither a person nor {{numbers}} comes before "b".',
  },
  {
    id: 'PROVE-7',
    what: 'an action that finds nothing and only ends',
    steps:
      '  a:\n    do: contacts.open\n    with: { kinds: talk }\n    ok: b\n    none: b # here\n    failed: c\n  b: { end: over }\n  c: { handover: helpline }\n',
    said: 'When "a" finds nothing, neither a person nor {{numbers}} comes before "b".',
  },
  {
    id: 'PROVE-4',
    what: 'a way to an unsafe step by an answer that nobody marked',
    steps:
      '  a:\n    ask: Safe?\n    choices:\n      n: { label: No, go: b } # here\n  b: { marks: [unsafe], handover: helpline }\n',
    said: '"a" leads to "b", which is for those who are not safe, but nobody has said so.',
  },
  {
    id: 'PROVE-5',
    what: 'something sent twice',
    steps:
      '  s: { call: safety-check, go: a }\n  a:\n    marks: [consent]\n    ask: Send?\n    choices: { y: { label: "Yes", marks: [consent], go: b }, n: { label: "No", go: c } }\n  b:\n    do: home_message.ask\n    ok: a # here\n    failed: d\n  c: { end: over }\n  d: { handover: helpline }\n',
    said: 'What "b" has sent can be sent once more',
  },
];

/** The same, mended: none of these may be found fault with. */
const KEPT: [string, string][] = [
  [
    'PROVE-4',
    '  a:\n    ask: Safe?\n    choices: { n: { label: No, marks: [unsafe], go: b } }\n  b:\n    do: person.call\n    with: { about: not_safe }\n    ok: c\n  c: { end: over }\n',
  ],
  [
    'PROVE-4',
    '  a: { marks: [unsafe], say: Hm. }\n  b: { call: talk-to-a-person, go: c }\n  c: { end: over }\n',
  ],
  [
    'PROVE-5',
    '  s: { call: safety-check, go: a }\n  a:\n    marks: [consent]\n    ask: Send?\n    choices: { y: { label: "Yes", marks: [consent], go: b }, n: { label: "No", go: c } }\n  b:\n    do: home_message.ask\n    ok: c\n    failed: d\n  c: { end: over }\n  d: { handover: helpline }\n',
  ],
  [
    'PROVE-5',
    '  s:\n    marks: [safety]\n    ask: Safe?\n    choices: { y: { label: "Yes", go: a }, n: { label: "No", marks: [unsafe], go: d } }\n  a:\n    marks: [consent]\n    ask: Send?\n    choices: { y: { label: "Yes", marks: [consent], go: b }, n: { label: "No", go: c } }\n  b:\n    do: home_message.ask\n    ok: c\n    failed: d\n  c: { end: over }\n  d: { handover: helpline }\n',
  ],
  [
    'PROVE-7',
    '  a:\n    do: contacts.open\n    with: { kinds: talk }\n    ok: b\n    none: b\n    failed: b\n  b: { say: "Open: {{numbers}}", end: over }\n',
  ],
];

describe('what is proved by walking', () => {
  test.each(BROKEN)('[$id] $what is found', ({ steps, said, slots }) => {
    const source = heron(steps, slots);
    const line = source.slice(0, source.indexOf('# here')).split('\n').length;
    expect(problemsOf(source)).toEqual([
      { file: 'flows/heron.yaml', line, message: expect.stringContaining(said) },
    ]);
  });

  test.each(KEPT)('[%s] finds no fault where there is none', (_, steps) => {
    expect(problemsOf(heron(steps))).toEqual([]);
  });

  test('[PROVE-6] cheer is found in a flow that is called after a danger, and after a flow that ends in one', () => {
    const crane = heron('  a: { marks: [light], say: Bye., end: over }\n').replace(
      'flow: heron',
      'flow: crane',
    );
    const danger = '    do: person.call\n    with: { about: held }\n    ok: b\n';
    const before = heron(
      `  a:\n    marks: [unsafe]\n${danger}  b: { call: crane, go: c }\n  c: { end: over }\n`,
    );
    expect(problemsOf(before, [crane]).map(({ file }) => file)).toEqual(['flows/crane.yaml']);
    const inside = heron(`  a:\n    marks: [unsafe]\n${danger}  b: { end: over }\n`).replace(
      'flow: heron',
      'flow: crane',
    );
    const after = heron('  a: { call: crane, go: b }\n  b: { marks: [light], say: Bye., end: over }\n');
    expect(problemsOf(after, [inside]).map(({ file }) => file)).toEqual(['flows/heron.yaml']);
    expect(problemsOf(heron('  a: { call: crane, go: b }\n  b: { end: over }\n'), [crane])).toEqual([]);
  });

  test('[PROVE-1] every question is shown to bring a person, and to know each word, by the engine itself', () => {
    const without = (key: string) =>
      Object.fromEntries(Object.entries(LINES).filter(([name]) => name !== key));
    const steps = '  a:\n    ask: Which?\n    choices: { x: { label: X, go: b } }\n  b: { end: over }\n';
    const asked = [
      'flows/emergency.yaml',
      'flows/heron.yaml',
      'flows/safety-check.yaml',
      'flows/welcome.yaml',
    ];
    for (const [key, words] of [
      ['always.person', ['HUMAN', 'HELP']],
      ['always.stop', ['STOP']],
      ['always.delete', ['DELETE']],
      ['always.exit', ['EXIT']],
      ['always.back', ['BACK']],
      ['always.menu', ['MENU']],
    ] as const) {
      const found = problemsOf(heron(steps), [], without(key));
      for (const word of words)
        expect(
          found.filter(({ message }) => message.includes(`the word ${word} `)).map(({ file }) => file),
        ).toEqual(expect.arrayContaining(asked.filter(file => file !== 'flows/emergency.yaml')));
    }
    expect(problemsOf(heron(steps))).toEqual([]);
  });

  test('[PROVE-8] a flow too tangled to be proved is refused in a plain sentence, in no time', () => {
    const slots = Array.from({ length: 20 }, (_, i) => `s${i}`);
    const steps = slots.map(
      (slot, i) =>
        `  q${i}:\n    ask: Which?\n    choices: { x: { label: X }, y: { label: Y }, z: { label: Z } }\n    save: ${slot}\n`,
    );
    const ifs = slots.map(
      (slot, i) =>
        `  i${i}:\n    if: { slot: ${slot}, is: x }\n    then: q0\n    else: ${i < 19 ? `i${i + 1}` : 'end'}\n`,
    );
    const began = performance.now();
    const found = problemsOf(heron(`${steps.join('')}${ifs.join('')}  end: { end: over }\n`, slots));
    expect(messages(found)).toEqual(['This flow is too tangled to be proved. Split it into smaller flows.']);
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  test('[PROVE-9] the shipped flows keep every promise, shown in under a second', () => {
    expect(checkFlows(SHIPPED, LINES)).toEqual([]);
    const times = [1, 2, 3].map(() => {
      const began = performance.now();
      checkFlows(SHIPPED, LINES);
      return performance.now() - began;
    });
    expect(Math.min(...times)).toBeLessThan(1_000);
  });
});
