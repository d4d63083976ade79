import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { PAGE_WORDS } from '../src/browser/chat/page.ts';
import { readContent } from '../src/content.ts';
import { advance, type Known } from '../src/conversation/conversation.ts';
import { newConversation } from '../src/conversation/reply.ts';
import { makeBundle } from '../src/flows/bundle.ts';
import { checkFlows } from '../src/flows/check.ts';
import {
  compileFlow,
  enter,
  type FlowContext,
  type FlowEvent,
  type FlowOutput,
  goTo,
  isQuestion,
  type Moved,
  move,
} from '../src/flows/compile.ts';
import { type Flow, type Problem, readFlow } from '../src/flows/flow.ts';
import { understand } from '../src/flows/understand.ts';
import { NO_MEMORY } from '../src/risk/accumulate.ts';
import { isCode, repositoryFiles, walk } from './support/source-code.ts';

const SHIPPED = readdirSync('flows')
  .filter(name => name.endsWith('.yaml'))
  .map(name => `flows/${name}`);
const content = readContent('flows', 'locales');

/** A flow without a fault, with a step of every kind. */
const HERON = `flow: heron
title: Heron
start: hello
remember:
  answer: { keep: 30d }
steps:
  hello:
    say: Hello.
  question:
    say: Now then.
    ask: Which one?
    choices:
      one: { label: One, words: [first], go: look }
      two: { label: Two, go: use }
    text: { max: 20, can_skip: true }
    save: answer
    go: use
  use:
    if: { slot: answer, is: one }
    then: told
    else: person
  look:
    do: contacts.open
    with: { kinds: talk }
    ok: told
    none: person
    failed: person
  told: { call: refuge, go: done }
  person:
    say: Here is somebody.
    handover: helpline
  done:
    end: finished
`;

/** Every problem of the shipped flows, as they are or changed, with this one beside them. */
function problemsOf(source: string, file = 'flows/heron.yaml', shipped = SHIPPED): Problem[] {
  const files = [
    ...shipped.map(name => [name, readFileSync(name, 'utf8')] as const),
    [file, source] as const,
  ];
  const all = files.map(([name, text]) => readFlow(text, name));
  const unread = all.flatMap(({ problems }) => problems);
  return unread.length > 0 ? unread : checkFlows(all.flatMap(({ read }) => read ?? []));
}

function flowOf(source: string): Flow {
  const { read, problems } = readFlow(source, 'flows/heron.yaml');
  if (!read) throw new Error(problems.map(({ message }) => message).join());
  return read.flow;
}

/**
 * What an author may get wrong: words of the flow above, what they become (⏎ is a new line; the line that has to be
 * named ends in "# here"), and what must be said of it.
 */
const MISTAKES = `
an unknown word | say: Hello. | say: Hello.⏎    sya: Hi. # here | "sya" is not a word that a flow file knows here.
an unknown word at the top | title: Heron | title: Heron⏎colour: grey # here | "colour" is not a word that
a word of another kind of step | done: | done: # here⏎    text: { max: 1 } | of the kind "end", which has no "text"
the same word twice | say: Hello. | say: Hello.⏎    say: Hi. # here | The same name stands twice here.
the same step twice | done: | use: { end: a } # here⏎  done: | The same name stands twice here.
a copy mark | say: Hello. | say: &a Hello. # here | A copy mark (&a) is not allowed.
a type mark | say: Hello. | say: !!str Hello. # here | is not allowed.
two kinds in one step | person: | person: # here⏎    end: over | can be only one of: handover, end.
five choices | FIVE | FIVE | has 5 choices; 4 is the most
a choice without go | done:⏎    end: finished | done: # here⏎    ask: Where?⏎    choices: { a: { label: A } } | The choice "a" of "done" goes nowhere
a question without answers | done:⏎    end: finished | done: # here⏎    ask: Where? | needs "choices" or "text".
text that leads nowhere | done:⏎    end: finished | done: # here⏎    ask: Where?⏎    text: { max: 9 } | takes text, so it needs a "go".
a bad name for a step | done: | Done: # here | The name "steps > Done" must be small letters
a bad name for a choice | two: { label: Two, go: use } | Two: { label: Two, go: use } # here | must be small letters
no title | flow: heron⏎title: Heron | flow: heron # here | "title": is missing.
nothing to say | say: Hello. | say: "" # here | is empty.
the last step without go | done:⏎    end: finished | done: # here⏎    say: Bye. | After "done" there is nowhere to go
a step that does nothing | hello:⏎    say: Hello. | hello: # here⏎    marks: [light] | The step "hello" does nothing
an unknown mark | say: Hello. | say: Hello.⏎    marks: [loud] # here | marks
no time to keep something | keep: 30d } | keep: ever } # here | must be a number and h or d
a fact and a slot | use:⏎    if: { | use: # here⏎    if: { fact: channel, | must ask about either a fact or a slot.
an unknown fact | if: { slot: answer, is: one } | if: { fact: moon, is: full } # here | There is no fact "moon". There are:
an unknown action | do: contacts.open | do: contacts.shut # here | There is no action "contacts.shut". There are:
an action of no such name | do: contacts.open | do: constructor # here | There is no action "constructor". There are:
a missing outcome | do: contacts.open⏎    with: { kinds: talk }⏎    ok: told⏎    none: person | do: contacts.open # here⏎    ok: told | can end as "none"
an outcome that never is | none: person | none: person⏎    unsure: person # here | never ends as "unsure".
an unknown input | with: { kinds: talk } | with:⏎      kind: talk # here | takes no "kind".
an input nobody remembers | with: { kinds: talk } | with: { kinds: $else } # here | "else" is used, but "remember" does not
an unknown flow | call: refuge, go: done } | call: refugee, go: done } # here | There is no flow "refugee".
an unknown team | handover: helpline | handover: police # here | There is no team "police".
an undeclared slot | slot: answer, is: one } | slot: anser, is: one } # here | "anser" is asked about, but "remember"
a slot of no such name | slot: answer, is: one } | slot: constructor, is: one } # here | "constructor" is asked about, but
an undeclared slot to save | save: answer | save: anser # here | "anser" is saved, but "remember" does not
what is remembered and never used | remember: | remember:⏎  age: { keep: 1d } # here | "age" is remembered, but never
a step that nobody reaches | done: | lost: { end: a } # here⏎  done: | Nobody can reach the step "lost".
a step that there is not | then: told | then: tolled # here | goes to "tolled", but there is no such step.
a choice to no step | go: look } | go: lock } # here | goes to "lock", but there is no such step.
no such start | start: hello | start: hullo # here | The flow starts at "hullo", but has no such step.
`
  .replaceAll('FIVE', 'question:')
  .trim()
  .split('\n')
  .map(row => row.split(' | ').map(cell => cell.replaceAll('⏎', '\n')));

/** Three more choices for the question. */
const MORE = ['a', 'b', 'c'].map(id => `      ${id}: { label: ${id}, go: use }\n`).join('');

describe('what an author wrote', () => {
  test('[FLOW-1] the shipped flows, and one with a step of every kind, have no fault', () => {
    expect(problemsOf(HERON)).toEqual([]);
    expect(content.flows.map(({ flow }) => flow)).toEqual(SHIPPED.map(file => file.slice(6, -5)).sort());
  });

  test.each(
    MISTAKES,
  )('[FLOW-2] %s is found: file, line and a plain sentence', (what, from = '', to = '', said = '') => {
    expect(HERON).toContain(from);
    const five = what === 'five choices';
    const source = HERON.replace(from, five ? 'question: # here' : to).replace(
      '      one:',
      five ? `${MORE}      one:` : '      one:',
    );
    const line = source.slice(0, source.indexOf('# here')).split('\n').length;
    const found = problemsOf(source).filter(({ message }) => message.includes(said));
    expect(found).toEqual([
      { file: 'flows/heron.yaml', line, message: expect.stringMatching(/^["A-Z].*\.$/) },
    ]);
    expect(found[0]?.message).not.toMatch(/undefined|Zod|YAML|Error/);
  });

  test('[FLOW-2] a copy of something marked is refused', () => {
    const source = HERON.replace('say: Hello.', 'say: &a Hello.').replace('say: Now then.', 'say: *a');
    expect(problemsOf(source).map(({ line }) => line)).toEqual([8, 10]);
  });

  test('[FLOW-3] every mistake is told at once', () => {
    const wrong = HERON.replace('then: told', 'then: tolled').replace('else: person', 'else: nobody');
    expect(problemsOf(wrong).map(({ line }) => line)).toEqual([20, 21]);
  });

  test('[FLOW-4] the file and the flow have one name', () => {
    const [problem] = problemsOf(HERON, 'flows/wren.yaml');
    expect(problem).toMatchObject({ file: 'flows/wren.yaml', line: 1 });
  });

  test.each([
    'welcome',
    'emergency',
    'talk-to-a-person',
  ])('[FLOW-4] without the flow "%s" nothing is used', name => {
    const without = SHIPPED.filter(file => file !== `flows/${name}.yaml`);
    expect(problemsOf(HERON, undefined, without)).toContainEqual({
      file: `flows/${name}.yaml`,
      line: 1,
      message: `The flow "${name}" is missing. Cairn cannot do without it.`,
    });
  });

  test('[FLOW-4] "welcome" has the step that everybody comes back to', () => {
    const welcome = readFileSync('flows/welcome.yaml', 'utf8').replaceAll(/\bmenu\b/g, 'list');
    const others = SHIPPED.filter(file => file !== 'flows/welcome.yaml');
    const messages = problemsOf(welcome, 'flows/welcome.yaml', others).map(({ message }) => message);
    expect(messages).toEqual(['"welcome" needs a step "menu", to which people come back.']);
  });
});

const compiled = compileFlow(flowOf(HERON));
const FACTS = {
  channel: 'web',
  language: 'en',
  nation: 'unknown',
  onDuty: 'no',
  safeToText: 'unknown',
} as const;
const WEB: FlowContext = { misses: 0, nudged: false, slots: {}, facts: FACTS };
const SMS: FlowContext = { ...WEB, facts: { ...FACTS, channel: 'sms' } };
const SILENCE: FlowEvent = { type: 'xstate.after.silence.heron.question' };

/** Where a move leads and what it does, in short: `question ask:question timer:10`. */
function brief({ step, outputs }: Moved): string {
  return [step, ...outputs.map(inShort)].join(' ');
}

function inShort(output: FlowOutput): string {
  switch (output.type) {
    case 'timer':
      return `timer:${output.delayMs / 60_000}`;
    case 'reask':
      return `reask:${output.times}`;
    case 'handover':
      return `handover:${output.team}`;
    case 'end':
      return `end:${output.as}`;
    case 'nudge':
    case 'noTimer':
      return output.type;
    default:
      return `${output.type}:${output.step.id}`;
  }
}

const does = (step: string, event: FlowEvent, context = WEB) => brief(move(compiled, step, context, event));

describe('a flow that runs', () => {
  const asked = 'say:question ask:question timer:10';

  test('[FLOW-5] says and goes on until it asks, and waits with a timer', () => {
    expect(brief(enter(compiled, WEB))).toBe(`question say:hello ${asked}`);
    expect(isQuestion(compiled, 'question')).toBe(true);
    expect(isQuestion(compiled, 'hello')).toBe(false);
  });

  const TO_PERSON = 'person noTimer say:person handover:helpline';
  test.each<[string, string, FlowEvent, string | undefined, string]>([
    ['a choice is kept and leads on', 'question', { type: 'chose.one' }, 'one', 'look noTimer run:look'],
    ['an if takes its other way', 'question', { type: 'chose.two' }, 'two', TO_PERSON],
    ['text is kept', 'question', { type: 'wrote', text: 'one' }, 'one', 'told noTimer call:told'],
    ['a skip keeps nothing', 'question', { type: 'skipped' }, undefined, TO_PERSON],
    ['an outcome leads on', 'look', { type: 'ok' }, undefined, 'told call:told'],
    ['a failure has its way', 'look', { type: 'failed' }, undefined, 'person say:person handover:helpline'],
    ['a called flow comes back', 'told', { type: 'returned' }, undefined, 'done end:finished'],
  ])('[FLOW-6] %s', (_, step, event, kept, leads) => {
    expect(does(step, event)).toBe(leads);
    expect(move(compiled, step, { ...WEB, misses: 1 }, event).context.slots.answer).toBe(kept);
  });

  test('[FLOW-7] asks twice more, then brings a person; an answer forgives', () => {
    const again = (misses: number) => does('question', { type: 'missed' }, { ...WEB, misses });
    expect(again(0)).toBe(`question noTimer reask:1 ${asked}`);
    expect(again(1)).toBe(`question noTimer reask:2 ${asked}`);
    expect(again(2)).toBe('_person noTimer handover:helpline');
    expect(move(compiled, 'question', { ...WEB, misses: 2 }, { type: 'chose.one' }).context.misses).toBe(0);
  });

  test('[FLOW-8] silence on the web is a nudge after ten minutes, once, and then sleep', () => {
    expect(does('question', SILENCE)).toBe(`question noTimer nudge ${asked}`);
    const { context } = move(compiled, 'question', WEB, SILENCE);
    expect(does('question', SILENCE, context)).toBe('_asleep noTimer end:asleep');
  });

  test('[FLOW-8] silence by SMS is never a nudge: sleep comes after 24 hours', () => {
    expect(brief(enter(compiled, SMS))).toMatch(/ timer:1440$/);
    expect(does('question', SILENCE, SMS)).toBe('_asleep noTimer end:asleep');
  });

  test('[FLOW-9] what a step does not know changes nothing, nor does the timer of a step that was left', () => {
    const types = ['chose.one', 'missed', 'returned', 'unsure', SILENCE.type] as const;
    for (const step of ['look', 'person', 'done'])
      for (const type of types) expect(does(step, { type })).toBe(step);
    for (const type of ['ok', 'returned', 'chose.three', 'xstate.after.silence.heron.look'] as const)
      expect(does('question', { type })).toBe('question');
  });

  test('[FLOW-10] can be sent to any of its steps, with what was kept, and to no other', () => {
    const sent = goTo(compiled, 'question', { ...WEB, slots: { answer: 'two' } });
    expect(brief(sent)).toBe(`question ${asked}`);
    expect(sent.context.slots).toEqual({ answer: 'two' });
    expect(() => goTo(compiled, 'nowhere', WEB)).toThrow('no step "nowhere"');
    expect(() => move(compiled, 'nowhere', WEB, SILENCE)).toThrow();
  });

  const ROUND = 'flow: welcome\ntitle: Welcome\nstart: menu\nsteps:\n';
  const CIRCLES: [what: string, source: string][] = [
    ['of steps', '  menu: { say: Round, go: round }\n  round: { say: And round, go: menu }\n'],
    ['of flows', '  menu: { say: Round, call: welcome, go: menu }\n'],
    [
      'of actions',
      '  menu: { do: contacts.open, with: { kinds: talk }, ok: menu, none: menu, failed: menu }\n',
    ],
  ];

  test('[FLOW-11] a circle of steps without a question throws', () => {
    const [[, steps] = ['', '']] = CIRCLES;
    const round = compileFlow(flowOf(ROUND + steps));
    expect(() => enter(round, WEB)).toThrow();
    expect(() => goTo(round, 'round', WEB)).toThrow();
  });

  test.each(CIRCLES)('[FLOW-11] a circle %s ends with a person and fixed safe words', (_, steps) => {
    const bundle = makeBundle('round', [flowOf(ROUND + steps)], content.texts);
    const seed = { id: 'a', channel: 'web', language: 'en', bundle: 'round', startedAt: 0 } as const;
    const known: Known = { ...content, now: 0, bundle, onDuty: true, openAlerts: [] };
    const event = { type: 'replied', text: 'hi', choice: null, clientId: null, providerId: null } as const;
    const { conversation, effects } = advance(
      newConversation({ ...seed, riskMemory: NO_MEMORY }),
      event,
      known,
    );
    expect(conversation).toMatchObject({ state: 'waiting', place: null, returns: [] });
    const said = effects.flatMap(effect => (effect.type === 'say' ? [effect.text] : []));
    expect(said).toEqual([content.service['flow.failed'], content.service['waiting.asked']]);
  });
});

describe('what somebody meant', () => {
  const OPTIONS = [
    { id: 'yes', label: 'Yes', words: ['yeah', 'y', '👍', 'ok'], shown: true },
    { id: 'unsure', label: 'Not sure', words: ['dunno', "I don't know", 'maybe'], shown: true },
    { id: 'no', label: 'No', words: ['nope', 'n', '👎', 'not safe'], shown: true },
    { id: 'bed', label: 'Somewhere safe tonight', words: ['a bed', 'café'], shown: true },
  ];
  /** What was written → the id of the option, or "-" for none. */
  const MEANT = `
1 → yes | 2. → unsure | ( 3 ) → no | #4 → bed | 5 → - | 0 → - | 11 → - | 1 2 → - | １ → yes
yes → yes | YES!! → yes | " yes " → yes | y → yes | n → no | No. → no | nope → no | Somewhere safe tonight → bed
👍 → yes | 👍🏽 → yes | 👎 → no | ok 👍 → - | 🙂 → - | ?! → - |  → -
not sure → unsure | im not sure → unsure | NOT  SURE → unsure | i don’t know → unsure | i dont know → unsure
cafe → bed | CAFÉ → bed | dont have a bed → bed | a bedroom → - | now → - | nobody → - | know → - | yesterday → -
somewere safe tonght → bed | somehwere safe tonight → bed | duno → unsure | mabye → unsure | nto sure → unsure
yas → - | noo → - | yeha → - | yeah maybe → - | yeah not safe → - | yes or maybe → - | safe → - | sure → -
`
    .trim()
    .split(/\||\n/)
    .map(pair => pair.split('→').map(side => side.trim()));

  test.each(MEANT)('[FLOW-12] "%s" means %s', (said = '', meant = '') => {
    expect(understand(said, OPTIONS) ?? '-').toBe(meant);
  });

  test('[FLOW-12] what could mean two of them means neither', () => {
    const twins = ['Talk to a person', 'Talk to a parson'].map((label, i) => ({
      id: `${i}`,
      label,
      words: ['talk'],
      shown: true,
    }));
    expect(understand('talk', twins)).toBeNull();
    expect(understand('talk to a persn', twins)).toBeNull();
    expect(understand('talk to a person', twins)).toBe('0');
  });
});

/** How a line is named where it is said; what follows is its key, or a choice of keys. */
const SAID = /\b(?:sayService|serviceLine|service)\([\w.]+,\s*([^;]*?)\)|\btext\('service',\s*('[\w.]+')/g;

describe('the fixed lines', () => {
  const lines = Object.keys(content.service).map(key => key.replace(/_(one|other)$/, ''));
  const code = repositoryFiles().filter(({ path }) => path.startsWith('src/') && isCode(path));

  test('[FLOW-14] that the code says are there', () => {
    const said = code.flatMap(({ text }) =>
      [...text.matchAll(SAID)].flatMap(([, of = '', key = '']) =>
        [...`${of} ${key}`.matchAll(/(?<!== )'([a-z]\w*(?:\.\w+)*)'/g)].map(([, name = '']) => name),
      ),
    );
    expect(new Set(said).size).toBeGreaterThan(35);
    expect(said.filter(key => !lines.includes(key))).toEqual([]);
  });

  test('[FLOW-14] that are there are said', () => {
    const strings = new Set<unknown>(PAGE_WORDS.map(word => `page.${word}`));
    for (const file of code)
      walk(file, {
        Literal: node => void strings.add(node.value),
        // The first part of `reask.${times}` stands for all of them.
        TemplateElement: node => void strings.add(node.value.raw),
      });
    const family = (key: string) => key.replace(/(?<=^(reask|always)\.).*/, '');
    expect(lines.filter(key => !strings.has(key) && !strings.has(family(key)))).toEqual([]);
  });
});
