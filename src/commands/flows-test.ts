import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { FLOWS_DIR, projectContent } from '../content.ts';
import { NO_BUTTON } from '../conversation/play.ts';
import { makeBundle } from '../flows/bundle.ts';
import type { Problem } from '../flows/flow.ts';
import {
  type Difference,
  differences,
  playScene,
  printTranscript,
  readTranscript,
  type Transcript,
  type TranscriptWorld,
} from '../flows/transcript.ts';
import { coverOf } from './flows-cover.ts';
import { openPlayGround, playKept } from './kept-play.ts';

/** Where the transcripts stand, and in it those that `--cover` writes. */
const FOLDER = join(FLOWS_DIR, '..', 'test', 'flows');
const NAME = 'test/flows';

/**
 * `cairn flows test`: plays every transcript, with the database between any two turns, and shows each turn that came
 * out otherwise than it stands. With `--update` the transcripts are written anew.
 */
export async function testFlows(words: string[]): Promise<number> {
  const { values } = parseArgs({
    args: words,
    options: {
      update: { type: 'boolean', default: false },
      only: { type: 'string' },
      cover: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const started = performance.now();
  const world = ownWorld();
  if (values.cover) await writeCover(world, FOLDER, values.only);
  const result = await testTranscripts(world, FOLDER, values);
  const ms = Math.round(performance.now() - started);
  if (values.json) console.log(JSON.stringify({ ...result, ms }));
  else console.log(linesOf(result, ms).join('\n'));
  return result.problems.length + result.differences.length > 0 ? 1 : 0;
}

/** What came of a run. `line` of a difference is in the transcript as it stood. */
export type Result = {
  files: number;
  conversations: number;
  turns: number;
  written: number;
  differences: Difference[];
  problems: Problem[];
};

/** Plays the transcripts in `folder` and below, all or those of one flow, and with `update` writes them anew. */
export async function testTranscripts(
  world: TranscriptWorld,
  folder: string,
  { only, update = false }: { only?: string | undefined; update?: boolean } = {},
): Promise<Result> {
  const files = transcriptFiles(folder, only).map(name => {
    const source = readFileSync(join(folder, name), 'utf8');
    const read = readTranscript(source, `${NAME}/${name}`);
    const problems = read.transcript ? strangeNames(world, read.transcript) : read.problems;
    return { path: join(folder, name), source, problems, transcript: read.transcript };
  });
  const problems = files.flatMap(file => file.problems);
  const sound = files.flatMap(({ path, source, transcript, problems: own }) =>
    transcript && own.length === 0 ? [{ path, source, transcript }] : [],
  );
  const played = await playKeptTranscripts(
    world,
    sound.map(({ transcript }) => transcript),
  );
  const result: Result = { files: files.length, ...countsOf(played), written: 0, differences: [], problems };
  for (const [i, { path, source, transcript }] of sound.entries()) {
    const now = played[i];
    if (!now) continue;
    problems.push(...missingButtons(now));
    const printed = printTranscript(now);
    if (!update && isAnswered(transcript)) result.differences.push(...differences(transcript, now));
    else if (!update) problems.push(unanswered(transcript));
    else if (printed !== source) {
      writeFileSync(path, printed);
      result.written += 1;
    }
  }
  return result;
}

/** As {@link playTranscript} does, with a database between any two turns. */
export async function playKeptTranscripts(
  world: TranscriptWorld,
  transcripts: Transcript[],
): Promise<Transcript[]> {
  const scenes = transcripts.flatMap(transcript => transcript.scenes);
  const show = (going: number) =>
    process.stderr.isTTY && process.stderr.write(`\r${scenes.length - going} of ${scenes.length} played `);
  const ground = await openPlayGround();
  try {
    const plays = scenes.map(scene => playScene(world, scene));
    const ends = await playKept(ground, plays, show);
    if (process.stderr.isTTY) process.stderr.write('\r');
    let from = 0;
    return transcripts.map(transcript => {
      const own = ends.slice(from, from + transcript.scenes.length);
      from += own.length;
      return { ...transcript, scenes: own };
    });
  } finally {
    await ground.close();
  }
}

/** Writes `cover/<flow>.txt` in `folder` for every flow, or for one: conversations that take every link of it. */
export async function writeCover(world: TranscriptWorld, folder: string, only?: string): Promise<void> {
  mkdirSync(join(folder, 'cover'), { recursive: true });
  const flows = [...world.bundle.flows.values()].filter(
    ({ flow }) => only === undefined || flow.flow === only,
  );
  const covers = flows.map(flow => coverOf(world, flow));
  for (const played of await playKeptTranscripts(world, covers))
    writeFileSync(join(folder, played.file), printTranscript(played));
}

function countsOf(played: Transcript[]): { conversations: number; turns: number } {
  const scenes = played.flatMap(transcript => transcript.scenes);
  const entries = scenes.flatMap(scene => scene.entries);
  const turns = entries.filter(({ mark }) => mark === '>' || mark === '~').length;
  return { conversations: scenes.length, turns };
}

/** The project's own words and numbers, whoever is on duty. @throws FlowProblems when they cannot be used. */
function ownWorld(): TranscriptWorld {
  const { flows, texts, lexicon, contacts } = projectContent();
  return { bundle: makeBundle('transcripts', flows, texts), lexicon, contacts };
}

/** The transcripts below `dir`, or those of one flow, whose names begin with its name and a dot; sorted, from `dir`. */
export function transcriptFiles(dir: string, only?: string): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.txt'))
    .filter(name => only === undefined || basename(name).startsWith(`${only}.`))
    .sort();
}

const isAnswered = ({ scenes }: Transcript) =>
  scenes.some(({ entries }) => entries.some(({ mark }) => mark === '<' || mark === '!'));

const unanswered = ({ file }: Transcript): Problem => ({
  file,
  line: 1,
  message: 'No answers stand here yet. Write them with --update, and read them.',
});

function strangeNames({ bundle }: TranscriptWorld, { file, scenes }: Transcript): Problem[] {
  return scenes.flatMap(({ line, setting: { flow, language } }) => [
    ...(flow === null || bundle.flows.has(flow)
      ? []
      : [{ file, line, message: `There is no flow "${flow}", or it cannot be read.` }]),
    ...(bundle.words.languages.includes(language)
      ? []
      : [
          {
            file,
            line,
            message: `There is no language "${language}". There are: ${bundle.words.languages.join(', ')}.`,
          },
        ]),
  ]);
}

/** A button that is not there is a slip of whoever wrote the transcript, not an answer. */
function missingButtons({ file, scenes }: Transcript): Problem[] {
  return scenes.flatMap(({ line, entries }) => {
    let at = line;
    return entries.flatMap(entry => {
      if (entry.mark === '>') at = entry.line;
      const missing = entry.mark === '!' && entry.text.startsWith(NO_BUTTON);
      return missing ? [{ file, line: at, message: entry.text }] : [];
    });
  });
}

/** What came of a run, in plain words: each thing that is wrong, with its file and line, and last what was counted. */
export function linesOf({ files, conversations, turns, written, ...found }: Result, ms: number): string[] {
  const problems = found.problems.map(({ file, line, message }) => `${file}:${line}  ${message}`);
  const differences = found.differences.map(({ file, line, expected, got }) => {
    const [stood, came] = [expected ?? 'nothing more', got ?? 'nothing'].map(indented);
    return `${file}:${line}\n  expected  ${stood}\n  got       ${came}\n`;
  });
  const counted = `${files} transcripts with ${conversations} conversations and ${turns} turns in ${ms} ms`;
  const wrong = `${differences.length} differences, ${problems.length} problems`;
  const last = `${counted}: ${wrong}${written > 0 ? `, ${written} written anew` : ''}.`;
  return [...problems, ...differences, last];
}

const indented = (text: string) => text.replaceAll('\n', '\n            ');
