import type { ChannelName } from '../channels/protocol.ts';
import { type Advanced, advance, type Conversation, type Known } from '../conversation/conversation.ts';
import { newConversation } from '../conversation/reply.ts';
import { NO_MEMORY } from '../risk/accumulate.ts';
import { parseLexicon } from '../risk/lexicon.ts';
import { SOURCE_LANGUAGE, type Words } from '../words.ts';
import type { Bundle } from './bundle.ts';
import type { Problem } from './flow.ts';
import { problemAt, type Walked } from './walk.ts';

const FETCH = ['HUMAN', 'HELP'];
const ALWAYS = [...FETCH, 'STOP', 'DELETE', 'EXIT', 'BACK', 'MENU'];

/**
 * Promise 1: at every question that can be reached, the engine itself is asked what it does there with each of the
 * words that always work. None may be taken for an answer, and HUMAN and HELP must bring a person and say so.
 */
export function alwaysProblems(flows: Walked[], lines: Record<string, string>): Problem[] {
  const bundle: Bundle = {
    hash: 'checked',
    flows: new Map(flows.map(({ compiled }) => [compiled.flow.flow, compiled])),
    words: alwaysWords(lines),
  };
  const lexicon = parseLexicon([]).lexicon;
  if (!lexicon) throw new Error('An empty list of risk words is no list.');
  const known: Known = { now: 0, bundle, lexicon, contacts: [], onDuty: true, openAlerts: [] };
  return flows.flatMap(({ read, walk }) => {
    const asking = walk.situations.filter(({ step }) => step.kind.kind === 'ask');
    const places = new Map(asking.map(({ step, channel }) => [`${step.id} ${channel}`, { step, channel }]));
    return [...places.values()].flatMap(({ step, channel }) => {
      const at = standingAt(channel, { flow: read.flow.flow, step: step.id });
      return ALWAYS.filter(word => !works(word, at, known)).map(word =>
        problemAt(read, step.id, `At "${step.id}" the word ${word} does not do what it does everywhere.`),
      );
    });
  });
}

/**
 * The words that always work, and one sound for every text: here it counts only that something is said, and to cut
 * the real texts into SMS a thousand times would take a second.
 */
export function alwaysWords(lines: Record<string, string>): Words {
  return {
    languages: [SOURCE_LANGUAGE],
    text: () => 'Hm.',
    own: (namespace, key) => (namespace === 'service' ? lines[key] : undefined),
    has: () => true,
  };
}

function standingAt(channel: ChannelName, place: Conversation['place']): Conversation {
  const seed = { id: 'checked', channel, language: SOURCE_LANGUAGE, bundle: 'checked', startedAt: 0 };
  return { ...newConversation({ ...seed, riskMemory: NO_MEMORY }), place, lastSeq: 1 };
}

function works(word: string, at: Conversation, known: Known): boolean {
  const event = { type: 'replied', text: word, choice: null, clientId: null, providerId: null } as const;
  const fetches = FETCH.includes(word);
  return (fetches ? [true, false] : [true]).every(onDuty => {
    const advanced = advance(at, event, { ...known, onDuty });
    const comes = !fetches || advanced.conversation.state === 'waiting';
    return comes && isSaid(advanced) && !isAnswer(advanced);
  });
}

/** Something is said, or the page is left. */
function isSaid({ effects, answer }: Advanced): boolean {
  return (
    effects.some(({ type }) => type === 'say') ||
    (answer.ok && (answer.leave === true || answer.unsaved !== undefined))
  );
}

/** An answer leaves a trail, a misunderstanding is counted, and what is remembered changes. */
function isAnswer({ conversation }: Advanced): boolean {
  const { trail, misses, slots } = conversation;
  return trail.length > 0 || misses > 0 || Object.keys(slots).length > 0;
}
