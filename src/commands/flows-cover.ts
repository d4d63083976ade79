import type { CompiledFlow } from '../flows/compile.ts';
import { coverInputs, type Talk } from '../flows/simulate.ts';
import { londonTime, readTranscript, type Transcript, type TranscriptWorld } from '../flows/transcript.ts';

/** A weekday afternoon: most numbers are open. Whether somebody is on duty is tried both ways. */
const WHEN = '2026-01-13 16:30';

/**
 * The conversations that together take every link of a flow, as a transcript without answers, `cover/<flow>.txt`.
 * Links that nobody can take (an action that never ends so) are named in it.
 */
export function coverOf({ bundle, contacts }: TranscriptWorld, flow: CompiledFlow): Transcript {
  const file = `cover/${flow.flow.flow}.txt`;
  const now = londonTime(WHEN) ?? 0;
  const { talks, untaken } = coverInputs(flow, { flows: bundle.flows, contacts, now });
  const untold = untaken.map(link => `# Not taken by anybody: ${link}`);
  const top = [
    `title: Every way through ${flow.flow.flow}`,
    '# Written by "cairn flows test --cover": whatever stands here is written over.',
    ...untold,
    'language: en',
    `time: ${WHEN}`,
  ];
  const scenes = talks.map((talk, i) => [...settingOf(talk, talks[i - 1]), '', ...talk.lines].join('\n'));
  const { transcript, problems } = readTranscript(`${top.join('\n')}\n${scenes.join('\n---\n')}\n`, file);
  if (!transcript) throw new Error(problems.map(({ message }) => message).join('\n'));
  return transcript;
}

/** The header of a conversation: what is otherwise than in the one before it. */
function settingOf(talk: Talk, before: Talk | undefined): string[] {
  return [
    ...(talk.flow === before?.flow ? [] : [`flow: ${talk.flow}`]),
    ...(talk.channel === before?.channel ? [] : [`channel: ${talk.channel}`]),
    ...(talk.onDuty === before?.onDuty ? [] : [`on duty: ${talk.onDuty ? 'yes' : 'no'}`]),
  ];
}
