import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { projectContent } from '../content.ts';
import {
  beginPlay,
  enterFlow,
  type Play,
  type PlayLine,
  type PlayWorld,
  wait,
  write,
} from '../conversation/play.ts';
import { makeBundle } from '../flows/bundle.ts';

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `cairn play`: a conversation in the terminal, by the same engine as the service. Nothing is stored. */
export async function play(words: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: words,
    options: { sms: { type: 'boolean' }, 'off-duty': { type: 'boolean' }, script: { type: 'string' } },
    allowPositionals: true,
  });
  const { flows, service, lexicon, contacts } = projectContent();
  const [flow] = positionals;
  const world: PlayWorld = {
    bundle: makeBundle('play', flows, service),
    lexicon,
    contacts,
    onDuty: !values['off-duty'],
  };
  if (flow && !world.bundle.flows.has(flow)) {
    console.error(`There is no flow "${flow}". There are: ${[...world.bundle.flows.keys()].join(', ')}.`);
    return 2;
  }
  const played = beginPlay(world, values.sms ? 'sms' : 'web', Date.now());
  if (flow) print(enterFlow(world, played, flow));
  if (values.script) {
    for (const line of readFileSync(values.script, 'utf8').split('\n'))
      if (line.trim()) follow(world, played, line);
    return 0;
  }
  console.log('Write as the young person would. "~ 10m" lets time go by. Ctrl+D ends.');
  const input = createInterface({ input: process.stdin, output: process.stdout, prompt: '> ' });
  input.prompt();
  for await (const line of input) {
    follow(world, played, line.startsWith('~') ? line : `> ${line}`);
    input.prompt();
  }
  return 0;
}

/** One line of a script. What stands there as the answer of last time is passed over. */
function follow(world: PlayWorld, played: Play, line: string): void {
  const time = /^~\s*(\d+)\s*([smhd])\s*$/.exec(line);
  if (time) {
    const [, count, unit] = time;
    console.log(line);
    print(
      wait(
        world,
        played,
        Number(count) * (unit === 's' || unit === 'm' || unit === 'h' || unit === 'd' ? UNITS[unit] : 0),
      ),
    );
  } else if (line.startsWith('>')) {
    console.log(line);
    print(write(world, played, line.slice(1).trim()));
  }
}

function print(lines: PlayLine[]): void {
  for (const { mark, text } of lines) console.log(`${mark} ${text.replaceAll('\n', '\n  ')}`);
}
