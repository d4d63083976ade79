import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { diffFlows as diffCommand } from '../src/commands/flows.ts';
import { openDatabase } from '../src/database/database.ts';
import { diffFlows } from '../src/flows/diff.ts';
import { flowOf, run } from './support/flow-project.ts';
import { mutations } from './support/mutations.ts';

// Who approves a change of the flows reads these sentences and nothing else: what they do not tell is not seen.

/** A flow that uses everything that a flow file may hold. */
const HERON = `flow: heron
title: Heron
start: hello
remember:
  answer: { keep: 30d }
  age: { keep: 1d, sensitive: true }
steps:
  hello:
    was: [hallo]
    say: [Hello., Nice day.]
    sms: { say: [Hi., Nice.] }
  safe:
    marks: [safety]
    say: Now then.
    ask: Are you safe right now?
    sms: { ask: Are you safe?, choices: { no: Nope } }
    choices:
      yes: { label: "Yes", words: [yeah, ok], go: look }
      unsure: { label: Not sure, words: [dunno], go: person }
      no: { label: "No", go: person, marks: [unsafe] }
      maybe: { label: Perhaps, go: time, shown: false }
  time:
    ask: When is a good time to talk to somebody about it?
    choices: { now: { label: Now, go: use } }
    text: { max: 20, can_skip: true }
    expects: when
    save: answer
    go: use
  offers:
    ask: Which of these?
    choices_from: services
    save: age
    go: use
  use:
    if: { slot: answer, is: [now, today] }
    then: told
    else: look
  where:
    if: { fact: channel, is: sms }
    then: told
    else: offers
  look:
    do: services.near
    with: { kind: food, place: $answer }
    ok: offers
    none: person
    unsure: where
    failed: person
  told: { say: We go on., call: refuge, go: done }
  person: { say: I am getting somebody for you., handover: helpline }
  done: { end: finished }
  over: { say: That is it., go: done }
`;

const heron = flowOf(HERON);
const shipped = readdirSync('flows')
  .filter(name => name.endsWith('.yaml'))
  .map(name => flowOf(readFileSync(join('flows', name), 'utf8')));

/** What is changed in the flow above, what it becomes (⏎ is a new line), and everything that must be told of it. */
const CHANGES = `
a way to somewhere else | Not sure, words: [dunno], go: person | Not sure, words: [dunno], go: time | after "Are you safe right now?", "Not sure" now goes to "When is a good time to talk to…" instead of a person.
another start | start: hello | start: safe | the flow now starts with "Are you safe right now?" instead of "Hello.".
another title | title: Heron | title: Egret | it is now called "Egret" instead of "Heron".
kept for longer | keep: 1d | keep: 12h | it now remembers "age" for 12 hours instead of 1 day.
no longer sensitive | , sensitive: true | | what it remembers as "age" is no longer sensitive.
something more to remember | remember:⏎ | remember:⏎  nation: { keep: 1h }⏎ | it now remembers "nation" for 1 hour.
something less to remember |   age: { keep: 1d, sensitive: true }⏎ | | it no longer remembers "age".
other words | We go on. | We go on now. | "We go on now." now says "We go on now." instead of "We go on.".
one message more | [Hello., Nice day.] | [Hello., Sunny., Nice day.] | "Hello." now also says "Sunny.".
one message less | [Hello., Nice day.] | [Hello.] | "Hello." no longer says "Nice day.".
messages the other way round | [Hello., Nice day.] | [Nice day., Hello.] | "Nice day." says its messages in another order.
other words by SMS | say: [Hi., Nice.] | say: [Hi., Fine.] | by SMS, "Hello." now says "Fine." instead of "Nice.".
no words by SMS |     sms: { say: [Hi., Nice.] }⏎ | | by SMS, "Hello." no longer has words of its own; they were "Hi.", "Nice.".
another question by SMS | Are you safe?, | Safe?, | by SMS, the question "Are you safe right now?" now reads "Safe?" instead of "Are you safe?".
another answer by SMS | no: Nope | yes: Yep | by SMS, the answer "No" to "Are you safe right now?" no longer has words of its own; they were "Nope". + by SMS, the answer "Yes" to "Are you safe right now?" now reads "Yep".
another question | Are you safe right now? | Are you in danger? | the question is now "Are you in danger?" instead of "Are you safe right now?".
no safety step | marks: [safety] | marks: [] | "Are you safe right now?" is no longer a safety step.
a mark more | marks: [safety] | marks: [safety, consent] | "Are you safe right now?" is now about saying yes to one thing.
an answer that is no danger | go: person, marks: [unsafe] | go: person | the answer "No" to "Are you safe right now?" no longer means that somebody is not safe.
an answer less |       unsure: { label: Not sure, words: [dunno], go: person }⏎ | | "Are you safe right now?" no longer offers the answer "Not sure".
an answer more | choices: { now: { label: Now, go: use } | choices: { now: { label: Now, go: use }, late: { label: Late, go: person, marks: [unsafe] } | "When is a good time to talk to…" has a new answer: "Late" (marked "unsafe"), which goes to a person.
answers the other way round | yes: { label: "Yes", words: [yeah, ok], go: look }⏎      unsure: { label: Not sure, words: [dunno], go: person } | unsure: { label: Not sure, words: [dunno], go: person }⏎      yes: { label: "Yes", words: [yeah, ok], go: look } | the answers to "Are you safe right now?" now come in this order: "Not sure", "Yes", "No", "Perhaps".
an answer by another id | { now: { label: Now | { soon: { label: Now | the answer "Now" to "When is a good time to talk to…" is now kept as "soon" instead of "now".
another label | label: Not sure | label: I do not know | an answer to "Are you safe right now?" is now "I do not know" instead of "Not sure".
another word for an answer | [yeah, ok] | [yeah, yep] | at "Are you safe right now?", "yep" now also means "Yes". + at "Are you safe right now?", "ok" no longer means "Yes".
an answer that shows | , shown: false | | at "Are you safe right now?", "Perhaps" is now offered.
longer words | max: 20 | max: 30 | an answer to "When is a good time to talk to…" may now have 30 characters instead of 20.
not to be skipped | , can_skip: true | | "When is a good time to talk to…" may no longer be skipped.
no own words |     text: { max: 20, can_skip: true }⏎ | | "When is a good time to talk to…" no longer takes an answer in their own words. + after "When is a good time to talk to…", an answer that is none of the choices no longer goes to the step "use".
another expectation | expects: when | expects: age | an answer to "When is a good time to talk to…" is now taken as saying an age, before as saying when.
not remembered |     save: age⏎ | | the answer to "Which of these?" is no longer remembered as "age".
other results | choices_from: services | choices_from: numbers | "Which of these?" now offers the results of "numbers" as answers, the results of "services" before.
another fact | fact: channel, is: sms | fact: onDuty, is: sms | the step "where" now looks at "onDuty" instead of "channel".
a slot and not a fact | fact: channel, is: sms | slot: channel, is: sms | the step "where" now looks at the remembered "channel" instead of "channel".
another value | is: [now, today] | is: now | the step "use" now looks whether the remembered "answer" is "now" instead of "now" or "today".
if so elsewhere | is: sms }⏎    then: told | is: sms }⏎    then: hello | after the step "where", if it is so, it now goes to "Hello." instead of "We go on.".
else elsewhere | else: offers | else: person | after the step "where", if it is not so, it now goes to a person instead of "Which of these?".
another action | do: services.near | do: refuge.ask | what the step "look" does is now "refuge.ask" instead of "services.near".
another input | kind: food | kind: bed | what the step "look" gives as "kind" is now "bed" instead of "food".
an input less | kind: food, | | what the step "look" gives as "kind" is no longer given; it was "food".
an outcome elsewhere | none: person | none: where | after the step "look", when there is nothing, it now goes to the step "where" instead of a person.
an outcome less |     unsure: where⏎ | | after the step "look", when it is not sure, it no longer goes to the step "where".
another flow | call: refuge | call: heron | "We go on." now goes through "Heron" instead of "refuge".
another team | handover: helpline | handover: police | the team that "I am getting somebody for you." brings is now "police" instead of "helpline".
another end | end: finished | end: paused | how the step "done" ends is now "paused" instead of "finished".
another kind of step | call: refuge, go: done | end: gone | "We go on." is another kind of step: it now ends as "gone" (before, it goes through "refuge" and then to the step "done").
a step more |   over: | ⏎  out: { say: Bye., handover: helpline }⏎  over: | there is a new step, "Bye.": it says "Bye." and brings a person (helpline).
a step less |   over: { say: That is it., go: done }⏎ | | "That is it." is gone.
a new id | ⏎  over: | ⏎  bye:⏎    was: [over]⏎    say: That is it.⏎    go: done⏎# | "That is it." has a new name in the file: "bye" instead of "over".
a new id without a word of it | ⏎  over: | ⏎  bye: | "That is it." is gone. + there is a new step, "That is it.": it says "That is it." and goes on to the step "done".
another old id | was: [hallo] | was: [hullo] | whoever stood at a step "hullo" now goes on at "Hello.". + whoever stood at a step "hallo" no longer goes on at "Hello.".
steps the other way round | ⏎  done: { end: finished }⏎  over: { say: That is it., go: done } | ⏎  over: { say: That is it., go: done }⏎  done: { end: finished } | its steps stand in another order in the file.
`
  .trim()
  .split('\n')
  .map(line => line.split('|').map(part => part.replaceAll('⏎', '\n')))
  .map(([what = '', from = '', to = '', told = '']) => ({
    what: what.trim(),
    from: from.replace(/^ | $/g, ''),
    to: to.replace(/^ | $/g, ''),
    told: told
      .trim()
      .split(' + ')
      .map(sentence => sentence.trim()),
  }));

describe('what changed, in plain English', () => {
  test.each(CHANGES)('[DIFF-1] tells of $what, and of nothing else', ({ what, from, to, told }) => {
    expect(HERON).toContain(from);
    const title = what === 'another title' ? 'Egret' : 'Heron';
    expect(diffFlows([heron], [flowOf(HERON.replace(from, to))])).toEqual(
      told.map(sentence => `${title}: ${sentence}`),
    );
  });

  test('[DIFF-2] any single change of a flow has a sentence', () => {
    const silent = mutations(heron, heron).filter(
      ({ make }) =>
        !areSentences(diffFlows([heron], [make()])) || !areSentences(diffFlows([make()], [heron])),
    );
    expect(silent.map(({ what }) => what)).toEqual([]);
    expect(mutations(heron, heron).length).toBeGreaterThan(200);
  });

  test('[DIFF-2] any single change of a shipped flow has a sentence', () => {
    const all = shipped.map(flow => ({ flow, changed: mutations(flow, heron) }));
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (which, change) => {
        const picked = all[which % all.length];
        const mutation = picked?.changed[change % picked.changed.length];
        if (!picked || !mutation) throw new Error('There are no flows.');
        expect(diffFlows([picked.flow], [mutation.make()])).toSatisfy(areSentences, mutation.what);
      }),
      { numRuns: 500 },
    );
  });

  test('[DIFF-3] nothing changed when nothing did, whatever the order of the files', () => {
    expect(diffFlows(shipped, shipped.toReversed())).toEqual(['Nothing changed.']);
    const reworded = HERON.replace('[yeah, ok]', '[ok, yeah]').replace('[now, today]', '[today, now]');
    expect(diffFlows([heron], [flowOf(reworded)])).toEqual(['Nothing changed.']);
  });

  test('[DIFF-4] a step inserted behind a question with choices only is no change of the question', () => {
    const inserted = HERON.replace('\n  time:', '\n  extra: { say: One thing more. }\n  time:');
    expect(diffFlows([heron], [flowOf(inserted)])).toEqual([
      'Heron: there is a new step, "One thing more.": it says "One thing more." and goes on to "When is a good time to talk to…".',
    ]);
  });

  test('[DIFF-5] a way to a step that was only renamed is no change', () => {
    const renamed = HERON.replace('\n  done: { end', '\n  finish: { was: [done], end').replaceAll(
      'go: done',
      'go: finish',
    );
    expect(diffFlows([heron], [flowOf(renamed)])).toEqual([
      'Heron: the step "finish" has a new name in the file: "finish" instead of "done".',
    ]);
  });

  test('[DIFF-6] steps that begin with the same words are told apart', () => {
    const same = HERON.replace(
      '\n  over:',
      '\n  again: { say: I am getting somebody for you., handover: helpline }\n  over:',
    );
    const moved = same.replace('none: person', 'none: again');
    expect(diffFlows([flowOf(same)], [flowOf(moved)])).toEqual([
      'Heron: after the step "look", when there is nothing, it now goes to a person (again) instead of a person (person).',
    ]);
  });

  test('[DIFF-7] sentences come in the order of flows and steps, new and lost flows among them', () => {
    const other = { ...heron, flow: 'crane', title: 'Crane' };
    const lost = { ...heron, flow: 'duck', title: 'Duck' };
    const changed = flowOf(
      HERON.replace('  time:', '  dropped: { end: no }\n  time:')
        .replace('Hello.', 'Hullo.')
        .replace('We go', 'They go'),
    );
    expect(diffFlows([changed, lost], [heron, other])).toEqual([
      'There is a new flow: "Crane" (crane), 11 steps.',
      'The flow "Duck" (duck) is gone.',
      'Heron: "Hello." now says "Hello." instead of "Hullo.".',
      'Heron: the step "dropped" is gone.',
      'Heron: "We go on." now says "We go on." instead of "They go on.".',
    ]);
  });

  test('[DIFF-8] of two steps that became one, it is told where people go on', () => {
    const merged = HERON.replace('  over: { say: That is it., go: done }\n', '').replace(
      '[hallo]',
      '[hallo, over]',
    );
    expect(diffFlows([heron], [flowOf(merged)])).toEqual([
      'Heron: "That is it." is gone. Whoever stands there goes on at "Hello.".',
    ]);
  });
});

describe('cairn flows diff', () => {
  const dir = mkdtempSync(join(tmpdir(), 'cairn-diff-'));
  const project = {
    flowsDir: dir,
    localesDir: dir,
    env: { DATA_DIR: join(dir, 'data'), KEYS_DIR: join(dir, 'keys') },
  };
  const file = join(dir, 'heron.yaml');
  writeFileSync(file, HERON.replace('We go on.', 'We go.'));
  afterAll(() => rmSync(dir, { recursive: true }));

  const diff = (...words: string[]) => run(() => diffCommand(words, project));

  test('[DIFF-9] compares folders, files and bundles that the database holds', async () => {
    const database = await openDatabase({ dataDir: join(dir, 'data'), databaseUrl: null });
    const hash = '0123456789abcdef';
    const content = JSON.stringify({
      sources: { 'flows/heron.yaml': HERON, 'flows/b.yaml': HERON.replace(/heron/, 'b') },
      texts: {},
    });
    await database.db.insertInto('bundle').values({ hash, structure: 'a', content, made_at: 0 }).execute();
    await database.close();

    const told = ['Heron: "We go." now says "We go." instead of "We go on.".'];
    expect(await diff(hash, file)).toEqual({ code: 0, lines: told });
    expect(await diff(hash, dir)).toEqual({ code: 0, lines: ['The flow "Heron" (b) is gone.', ...told] });
    expect(await diff(dir, file)).toEqual({ code: 0, lines: ['Nothing changed.'] });
    expect(await diff(hash, file, '--json')).toEqual({ code: 0, lines: [JSON.stringify({ changes: told })] });
  });

  test('[DIFF-10] says plainly what it cannot compare', async () => {
    const wrong = join(dir, 'wrong');
    writeFileSync(wrong, 'flow: heron\n');
    expect(await diff(file)).toMatchObject({
      code: 2,
      lines: [expect.stringContaining('cairn flows diff A B')],
    });
    expect(await diff(file, 'nothing')).toMatchObject({
      code: 2,
      lines: [expect.stringContaining('no folder')],
    });
    expect(await diff(file, 'f'.repeat(16))).toMatchObject({
      code: 2,
      lines: [expect.stringContaining('no bundle')],
    });
    expect(await diff(file, wrong)).toMatchObject({
      code: 1,
      lines: expect.arrayContaining([expect.stringMatching(/wrong:1 {2}"title": is missing\./)]),
    });
  });
});

/** Whether all of them are whole sentences that tell of a change. */
function areSentences(sentences: string[]): boolean {
  return sentences.every(
    sentence =>
      sentence !== 'Nothing changed.' && /\.$/.test(sentence) && !/undefined|null|\[object|""/.test(sentence),
  );
}
