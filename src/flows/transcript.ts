import type { ChannelName } from '../channels/protocol.ts';
import {
  beginPlay,
  enterFlow,
  fireNext,
  type Play,
  type PlayLine,
  type PlayWorld,
  press,
  write,
} from '../conversation/play.ts';
import { SOURCE_LANGUAGE } from '../words.ts';
import type { Problem } from './flow.ts';

/**
 * A recorded conversation, as a youth worker reads and writes it: what the young person writes, what the service says
 * to that, and what goes to people. It is played again whenever a flow changes, and shows what came out otherwise.
 *
 *     title: Somebody who needs a bed
 *     flow: refuge                # left out: begins as a real first message does
 *     channel: web
 *     language: en
 *     time: 2026-01-13 03:00      # in London
 *     on duty: no
 *
 *     > 1
 *     < What the service says.
 *       The next line of the same message.
 *     ! what goes to people
 *
 *     # Ten minutes go by.
 *     ~ 10m
 *
 * `> words` is typed, so that a choice can be picked by its number, its words or a misspelling of them, and risk is
 * read in it. `> [label]` presses the button with that label (or that number), as on the web, where nothing is typed
 * and the words of our own buttons are not read for risk; by SMS it is the number of the choice that is sent.
 * A line `---` begins another conversation of the same file, in the same setting but for what a new header changes.
 */
export type Transcript = { file: string; scenes: Scene[] };

/** One conversation of a transcript. `line` is where it begins in its file, from 1. */
export type Scene = {
  line: number;
  /** The header as it was written, comments too. */
  header: string[];
  setting: Setting;
  entries: Entry[];
};

export type Setting = {
  title: string;
  /** Where it begins; null as a real first message does. */
  flow: string | null;
  channel: ChannelName;
  language: string;
  /** UTC ms. */
  time: number;
  onDuty: boolean;
};

const MARKS = ['>', '~', '<', '!', '#'] as const;
export type Entry = { mark: (typeof MARKS)[number]; text: string; line: number };

const HEADER = ['title', 'flow', 'channel', 'language', 'time', 'on duty'] as const;
const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** How a line of a text goes on in the next. */
const INDENT = '  ';
const ANOTHER = '---';

/**
 * Reads a transcript, with or without its answers. `file` names it in problems.
 * @returns the transcript, or everything that is wrong with it.
 */
export function readTranscript(
  source: string,
  file: string,
): { transcript: Transcript; problems: [] } | { transcript: null; problems: Problem[] } {
  const problems: Problem[] = [];
  const add = (line: number, message: string) => void problems.push({ file, line, message });
  const scenes: Scene[] = [];
  let given: Given = new Map();
  for (const { lines, from } of apart(source)) {
    const header = headerOf(lines);
    given = new Map([...given, ...readHeader(header, from, add)]);
    const setting = settingOf(given, from, add);
    const entries = readEntries(lines.slice(header.length), from + header.length, add);
    if (setting) scenes.push({ line: from, header, setting, entries });
  }
  return problems.length > 0
    ? { transcript: null, problems }
    : { transcript: { file, scenes }, problems: [] };
}

type Add = (line: number, message: string) => void;
type Given = Map<string, { value: string; line: number }>;

/** The conversations of a file; `from` is the line at which each begins, from 1. */
function apart(source: string): { lines: string[]; from: number }[] {
  const parts: { lines: string[]; from: number }[] = [{ lines: [], from: 1 }];
  source.split(/\r?\n/).forEach((line, i) => {
    if (line.trimEnd() === ANOTHER) parts.push({ lines: [], from: i + 2 });
    else parts.at(-1)?.lines.push(line.trimEnd());
  });
  return parts;
}

/** The lines before the first blank one or the first that somebody says. */
function headerOf(lines: string[]): string[] {
  const end = lines.findIndex(line => line === '' || /^[><~!]/.test(line));
  return lines.slice(0, end < 0 ? lines.length : end);
}

function readHeader(header: string[], from: number, add: Add): Given {
  const given: Given = new Map();
  header.forEach((written, i) => {
    const line = from + i;
    if (written.startsWith('#')) return;
    const [, key = '', value = ''] = /^([a-z ]+):(.*)$/.exec(written) ?? [];
    if (!HEADER.some(known => known === key))
      add(
        line,
        `The lines at the top are ${HEADER.map(known => `"${known}:"`).join(', ')}; this is none of them.`,
      );
    else if (given.has(key)) add(line, `"${key}:" stands here twice.`);
    else given.set(key, { value: value.replace(/\s#.*$/, '').trim(), line });
  });
  return given;
}

function settingOf(given: Given, from: number, add: Add): Setting | null {
  const one = <T>(key: (typeof HEADER)[number], how: string, read: (value: string) => T | null): T | null => {
    const found = given.get(key);
    const value = found ? read(found.value) : null;
    if (value === null) add(found?.line ?? from, `"${key}:" must say ${how}.`);
    return value;
  };
  const yesOrNo = { yes: true, no: false };
  const title = one('title', 'what happens here', value => value || null);
  const channel = one('channel', 'web or sms', value => (value === 'web' || value === 'sms' ? value : null));
  const time = one('time', 'when, in London, such as 2026-01-13 03:00', londonTime);
  const onDuty = one('on duty', 'yes or no', value =>
    value === 'yes' || value === 'no' ? yesOrNo[value] : null,
  );
  if (title === null || channel === null || time === null || onDuty === null) return null;
  const flow = given.get('flow')?.value || null;
  return { title, flow, channel, language: given.get('language')?.value || SOURCE_LANGUAGE, time, onDuty };
}

/** The moment (UTC ms) of a London time such as `2026-01-13 03:00`; null when it is none. */
export function londonTime(written: string): number | null {
  if (!/^\d{4}-\d\d-\d\d \d\d:\d\d$/.test(written)) return null;
  try {
    return Temporal.PlainDateTime.from(written.replace(' ', 'T')).toZonedDateTime('Europe/London')
      .epochMilliseconds;
  } catch {
    return null;
  }
}

function readEntries(lines: string[], from: number, add: Add): Entry[] {
  const entries: Entry[] = [];
  let blank = 0;
  lines.forEach((written, i) => {
    const line = from + i;
    const last = entries.at(-1);
    const mark = MARKS.find(known => written.startsWith(known));
    if (written === '') blank += 1;
    else if (written.startsWith(INDENT) && last && last.mark !== '#') {
      last.text += '\n'.repeat(blank + 1) + written.slice(INDENT.length);
      blank = 0;
    } else if (!mark)
      add(
        line,
        'A line begins with > (they write), ~ (time goes by), < (we say), ! (people are told) or # (a comment).',
      );
    else {
      const text = written.slice(1).replace(/^ /, '');
      if (mark === '>' && text.trim() === '') add(line, 'After > stands what the young person writes.');
      if (mark === '~' && duration(text) === null)
        add(line, 'After ~ stands how much time goes by, such as 30s, 10m, 2h or 1d.');
      entries.push({ mark, text, line });
      blank = 0;
    }
  });
  return entries;
}

/** The ms of `30s`, `10m`, `2h` or `1d`; null when it is none. */
export function duration(written: string): number | null {
  const [, count, unit] = /^(\d{1,6})\s*([smhd])$/.exec(written.trim()) ?? [];
  return unit === 's' || unit === 'm' || unit === 'h' || unit === 'd' ? Number(count) * UNIT_MS[unit] : null;
}

/** Writes a transcript as {@link readTranscript} reads it. */
export function printTranscript({ scenes }: Transcript): string {
  const printed = scenes.map(({ header, entries }) => [...header, ...printEntries(entries)].join('\n'));
  return `${printed.join(`\n\n${ANOTHER}\n`)}\n`;
}

function printEntries(entries: Entry[]): string[] {
  return entries.flatMap((entry, i) => {
    const before = entries[i - 1]?.mark;
    // A blank line before whatever begins a turn; a comment stands on top of its turn.
    const opens = before === undefined || (isAnswer(entry) ? before === '#' : before !== '#');
    return opens ? ['', printEntry(entry)] : [printEntry(entry)];
  });
}

/** One line of a transcript; a text of several lines goes on indented. */
export function printEntry({ mark, text }: Pick<Entry, 'mark' | 'text'>): string {
  const [first = '', ...rest] = text.split('\n').map(line => line.trimEnd());
  return [`${mark} ${first}`.trimEnd(), ...rest.map(line => (line === '' ? '' : INDENT + line))].join('\n');
}

const isAnswer = ({ mark }: Entry) => mark === '<' || mark === '!';

/** What is known everywhere; who is on duty stands in the header. */
export type TranscriptWorld = Omit<PlayWorld, 'onDuty'>;

/** Plays all conversations of a transcript. @returns the same ones, with the answers of now. */
export function playTranscript(world: TranscriptWorld, transcript: Transcript): Transcript {
  const scenes = transcript.scenes.map(scene => {
    const turns = playScene(world, scene);
    let next = turns.next();
    while (!next.done) next = turns.next();
    return next.value;
  });
  return { ...transcript, scenes };
}

/**
 * Plays one conversation, and pauses after everything that was decided: whoever runs it may keep the play that it
 * yields, and put back into it what was loaded. Returns the conversation with its new answers.
 */
export function* playScene(world: TranscriptWorld, scene: Scene): Generator<Play, Scene, void> {
  const { setting } = scene;
  const here: PlayWorld = { ...world, onDuty: setting.onDuty };
  const play = beginPlay(here, setting.channel, setting.time, setting.language);
  const entries: Entry[] = [];
  if (setting.flow !== null) {
    entries.push(...asEntries(enterFlow(here, play, setting.flow)));
    yield play;
  }
  for (const entry of scene.entries) {
    if (isAnswer(entry)) continue;
    entries.push(entry);
    if (entry.mark !== '#') entries.push(...asEntries(yield* takeTurn(here, play, entry)));
  }
  return { ...scene, entries };
}

const asEntries = (lines: PlayLine[]): Entry[] =>
  lines.map(({ mark, text }) => ({ mark, text: asPrinted(text), line: 0 }));

/** Without what does not show: it would not come back from a file. */
const asPrinted = (text: string) =>
  text
    .split('\n')
    .map(line => line.trimEnd())
    .join('\n')
    .trimEnd();

/** What one line `>` or `~` does. Yields after everything that was decided, as {@link playScene} does. */
export function* takeTurn(
  world: PlayWorld,
  play: Play,
  { mark, text }: Pick<Entry, 'mark' | 'text'>,
): Generator<Play, PlayLine[], void> {
  if (mark === '~') {
    const until = play.now + (duration(text) ?? 0);
    const lines: PlayLine[] = [];
    for (let fired = fireNext(world, play, until); fired; fired = fireNext(world, play, until)) {
      lines.push(...fired);
      yield play;
    }
    return lines;
  }
  const [, label] = /^\[(.+)\]$/.exec(text.trim()) ?? [];
  const lines = label === undefined ? write(world, play, text) : press(world, play, label);
  yield play;
  return lines;
}

/** Where a transcript came out otherwise: what stands there, or null, and what came, or null. */
export type Difference = { file: string; line: number; expected: string | null; got: string | null };

/** The first difference of each turn between a transcript and how it was `played`. */
export function differences(transcript: Transcript, played: Transcript): Difference[] {
  return transcript.scenes.flatMap((scene, i) => {
    const now = turnsOf(played.scenes[i]?.entries ?? []);
    return turnsOf(scene.entries).flatMap((then, turn) => {
      const got = now[turn]?.answers ?? [];
      const at = Array.from({ length: Math.max(got.length, then.answers.length) }, (_, n) => n).find(
        n => told(then.answers[n]) !== told(got[n]),
      );
      if (at === undefined) return [];
      const line = then.answers[at]?.line ?? then.answers.at(-1)?.line ?? then.line ?? scene.line;
      return [{ file: transcript.file, line, expected: told(then.answers[at]), got: told(got[at]) }];
    });
  });
}

const told = (entry: Entry | undefined) => (entry ? printEntry(entry) : null);

/** What was answered at the beginning, and to each line after it. */
function turnsOf(entries: Entry[]): { line: number | null; answers: Entry[] }[] {
  const turns: { line: number | null; answers: Entry[] }[] = [{ line: null, answers: [] }];
  for (const entry of entries) {
    if (isAnswer(entry)) turns.at(-1)?.answers.push(entry);
    else if (entry.mark !== '#') turns.push({ line: entry.line, answers: [] });
  }
  return turns;
}
