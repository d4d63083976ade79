import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { projectContent } from '../content.ts';
import { beginPlay, enterFlow, type Play, type PlayLine, type PlayWorld } from '../conversation/play.ts';
import { makeBundle } from '../flows/bundle.ts';
import {
  duration,
  londonTime,
  playTranscript,
  printEntry,
  printTranscript,
  readTranscript,
  takeTurn,
} from '../flows/transcript.ts';
import { SOURCE_LANGUAGE, type Words } from '../words.ts';

/**
 * `cairn play`: a conversation in the terminal, by the same engine as the service. Nothing is stored. A transcript
 * given as the script is played as its own header says.
 */
export async function play(words: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: words,
    options: {
      sms: { type: 'boolean', default: false },
      lng: { type: 'string', default: SOURCE_LANGUAGE },
      'off-duty': { type: 'boolean', default: false },
      at: { type: 'string' },
      script: { type: 'string' },
    },
    allowPositionals: true,
  });
  const { flows, texts, lexicon, contacts } = projectContent();
  const [flow] = positionals;
  const bundle = makeBundle('play', flows, texts);
  const world: PlayWorld = { bundle, lexicon, contacts, onDuty: !values['off-duty'] };
  const now = values.at === undefined ? Date.now() : londonTime(values.at);
  const refused =
    flow && !bundle.flows.has(flow)
      ? `There is no flow "${flow}". There are: ${[...bundle.flows.keys()].join(', ')}.`
      : now === null
        ? `"${values.at}" is no time. Write the time in London like this: --at "2026-01-13 03:00".`
        : strangeLanguage(bundle.words, values.lng);
  if (refused !== null || now === null) {
    console.error(refused);
    return 2;
  }
  const script = values.script === undefined ? null : readFileSync(values.script, 'utf8');
  const { transcript } = readTranscript(script ?? '', values.script ?? '');
  if (transcript) {
    process.stdout.write(printTranscript(playTranscript(world, transcript)));
    return 0;
  }
  const played = beginPlay(world, values.sms ? 'sms' : 'web', now, values.lng);
  if (flow) print(enterFlow(world, played, flow));
  if (script === null) await talk(world, played);
  else
    for (const line of script.split('\n'))
      if (/^[>~]/.test(line)) {
        console.log(line);
        follow(world, played, line);
      }
  return 0;
}

function strangeLanguage({ languages, text }: Words, wanted: string): string | null {
  if (languages.includes(wanted)) return null;
  const offered = languages.map(language => `${language} (${text('service', 'language.name', language)})`);
  return `There is no language "${wanted}". There are: ${offered.join(', ')}.`;
}

async function talk(world: PlayWorld, played: Play): Promise<void> {
  console.log(
    'Write as the young person would. "[label]" presses a button, "~ 10m" lets time go by. Ctrl+D ends.',
  );
  const input = createInterface({ input: process.stdin, output: process.stdout, prompt: '> ' });
  input.prompt();
  for await (const line of input) {
    if (line.trim()) follow(world, played, line.startsWith('~') ? line : `> ${line}`);
    input.prompt();
  }
}

/** One line of a script. What stands there as the answer of last time is passed over by the caller. */
function follow(world: PlayWorld, played: Play, line: string): void {
  const text = line.slice(1).trim();
  const mark = line.startsWith('~') ? '~' : '>';
  if (mark === '~' && duration(text) === null) {
    console.error('After ~ stands how much time goes by, such as 30s, 10m, 2h or 1d.');
    return;
  }
  const turn = takeTurn(world, played, { mark, text });
  let next = turn.next();
  while (!next.done) next = turn.next();
  print(next.value);
}

function print(lines: PlayLine[]): void {
  for (const line of lines) console.log(printEntry(line));
}
