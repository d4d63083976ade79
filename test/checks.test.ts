import { describe, expect, test } from 'vitest';
import { heron, messages, problemsOf } from './support/flow-files.ts';

describe('what is found before anything is walked', () => {
  /** Steps, and what must be said of them; `# here` ends the line that is named. */
  const MISTAKES: [string, string, string, string[]?][] = [
    [
      'results that no action finds',
      '  a: { say: "Look: {{services}}", end: over } # here\n',
      '"{{services}}" names nothing.',
    ],
    [
      'results offered that no action finds',
      '  a:\n    ask: Which?\n    choices_from: services # here\n    go: b\n  b: { end: over }\n',
      'No action of this flow finds "services"',
    ],
    [
      'an old name that another step has',
      '  a:\n    was: [b] # here\n    say: Hello.\n  b: { end: over }\n',
      '"b" is the name of another step already',
    ],
    [
      'an old name given twice',
      '  a:\n    was: [c]\n    say: Hello.\n  b:\n    was: [c] # here\n    end: over\n',
      '"c" is the name of another step already',
    ],
    [
      'a value that a fact never has',
      '  a:\n    if: { fact: onDuty, is: maybe } # here\n    then: b\n    else: b\n  b: { end: over }\n',
      '"onDuty" is never "maybe". It can be: yes, no.',
    ],
    [
      'a value that no choice saves',
      '  a:\n    ask: Which?\n    choices: { x: { label: X } }\n    save: s\n  b:\n    if: { slot: s, is: y } # here\n    then: c\n    else: c\n  c: { end: over }\n',
      '"s" is never "y". It can be: x.',
      ['s'],
    ],
    [
      'a circle without a question',
      '  a:\n    if: { fact: onDuty, is: "yes" }\n    then: b\n    else: c\n  b: { say: Wait., go: d } # here\n  d: { say: More., go: b }\n  c: { end: over }\n',
      '"b" leads round in a circle without a question',
    ],
    [
      'a word that always works',
      '  a:\n    ask: Which?\n    choices:\n      x: { label: X, words: [Menu], go: b } # here\n  b: { end: over }\n',
      '"Menu" always means something else',
    ],
    [
      'a word of two choices',
      '  a:\n    ask: Which?\n    choices:\n      x: { label: X, words: [yep], go: b } # here\n      y: { label: Y, words: ["Yep."], go: b }\n  b: { end: over }\n',
      '"yep" stands for two choices of "a"',
    ],
    [
      'a number as a word',
      '  a:\n    ask: How old?\n    choices:\n      x: { label: Older, words: ["2"], go: b } # here\n      y: { label: Younger, go: b }\n  b: { end: over }\n',
      '"2" is a number',
    ],
    [
      'a light question',
      '  a:\n    marks: [light] # here\n    ask: Which?\n    choices: { x: { label: X, go: b } }\n  b: { end: over }\n',
      '"a" is marked "light", but asks something.',
    ],
    ['cheer', '  a: { say: That is great news., end: over } # here\n', '"great" is cheerful.'],
    [
      'cheer in a label',
      '  a: # here\n    ask: Which?\n    choices: { x: { label: Yay, go: b } }\n  b: { end: over }\n',
      '"Yay" is',
    ],
    ['cheer by SMS', '  a: { say: Hm., sms: { say: Hm! }, end: over } # here\n', '"!" is cheerful.'],
  ];

  test.each(MISTAKES)('[CHECK-1] %s: file, line and a plain sentence', (_, steps, said, slots = []) => {
    const source = heron(steps, slots);
    const line = source.slice(0, source.indexOf('# here')).split('\n').length;
    const found = problemsOf(source).filter(({ message }) => message.includes(said));
    expect(found).toEqual([
      { file: 'flows/heron.yaml', line, message: expect.stringMatching(/^["A-Z].*\.$/) },
    ]);
  });

  test('[CHECK-2] cheerful words may stand in a step marked light', () => {
    expect(problemsOf(heron('  a: { say: Well done!, marks: [light], end: over }\n'))).toEqual([]);
  });

  test('[CHECK-3] flows that call one another round are found, in each of them', () => {
    const crane = heron('  a: { call: heron, go: b }\n  b: { end: over }\n').replace(
      'flow: heron',
      'flow: crane',
    );
    const found = problemsOf(heron('  a: { call: crane, go: b }\n  b: { end: over }\n'), [crane]);
    expect(found.map(({ file, line }) => [file, line])).toEqual([
      ['flows/crane.yaml', 5],
      ['flows/heron.yaml', 5],
    ]);
    expect(messages(found)[0]).toContain('"crane" calls "heron"');
  });

  test('[CHECK-4] a flow of more than 300 steps is refused', () => {
    const steps = Array.from({ length: 301 }, (_, i) => `  s${i}: { say: Hm. }\n`).join('');
    expect(messages(problemsOf(heron(`${steps}  z: { end: over }\n`)))).toEqual([
      expect.stringContaining('This flow has 302 steps; 300 is the most.'),
    ]);
  });

  test('[CHECK-5] a step that guards never let anybody reach is found', () => {
    const steps = `  a:\n    if: { fact: onDuty, is: "yes" }\n    then: b\n    else: d
  b:\n    if: { fact: onDuty, is: "no" }\n    then: c\n    else: d
  c: { say: Never said. }\n  d: { end: over }\n`;
    expect(messages(problemsOf(heron(steps)))).toEqual([
      expect.stringContaining('No answers lead to the step "c"'),
    ]);
  });
});
