/** What a conversation remembers about risk: enough to read split messages together and to add weak signs up. */
import type { Severity } from '../channels/protocol.ts';
import type { Finding } from './detect.ts';
import type { Category } from './lexicon.ts';

/**
 * Kept encrypted with the conversation at every turn, so it is small. Times are UTC milliseconds. `severity` is the
 * conversation's own number: it never falls by itself, only a worker lowers it. `weak` and `strong` are the categories
 * that have given their points since `pointsAt`.
 */
export type RiskMemory = {
  texts: { text: string; at: number }[];
  points: number;
  pointsAt: number;
  weak: Category[];
  strong: Category[];
  severity: Severity;
  lexiconVersion: string;
};

export const NO_MEMORY: RiskMemory = {
  texts: [],
  points: 0,
  pointsAt: 0,
  weak: [],
  strong: [],
  severity: 0,
  lexiconVersion: '',
};

/** Texts nearer together than this are read as one. */
export const TOGETHER_MS = 120_000;

const MOST_TEXTS = 3;
const LONGEST_TEXT = 500;
const HALF_LIFE_MS = 24 * 60 * 60 * 1000;
const WEAK = 1;
const STRONG = 5;

/**
 * The memory after a message that was read as `finding`. Each category gives points once (weak 1, strong 5) until they
 * have halved. The bands (4, 6, 16) follow the shape, and only the shape, of the scoring that youth workers know.
 */
export function remember(
  memory: RiskMemory,
  finding: Finding,
  message: { text: string; at: number },
): RiskMemory {
  const { points: before, weak, strong, pointsAt } = faded(memory, message.at);
  // Asking for a person is always answered, and says nothing about danger.
  const fresh = finding.categories.filter(
    category => category !== 'wants_human' && !strong.includes(category),
  );
  const newStrong = fresh.filter(category => isStrong(finding, category));
  const newWeak = fresh.filter(category => !isStrong(finding, category) && !weak.includes(category));
  const upgraded = newStrong.filter(category => weak.includes(category)).length;
  const points = before + newStrong.length * STRONG + (newWeak.length - upgraded) * WEAK;
  return {
    texts: [...textsNear(memory, message.at), { text: tail(message.text), at: message.at }].slice(
      -MOST_TEXTS,
    ),
    points,
    pointsAt: points > before ? message.at : pointsAt,
    weak: [...weak.filter(category => !newStrong.includes(category)), ...newWeak],
    strong: [...strong, ...newStrong],
    severity: highest(memory.severity, finding.severity, band(points)),
    lexiconVersion: finding.lexiconVersion,
  };
}

/** The conversation's severity: the highest of all its messages and of what they add up to. */
export function conversationSeverity(memory: RiskMemory): Severity {
  return memory.severity;
}

/** The remembered texts that belong together with a message at this time, oldest first. */
export function textsNear(memory: RiskMemory, at: number): { text: string; at: number }[] {
  return memory.texts.filter(text => at - text.at <= TOGETHER_MS && text.at <= at);
}

function faded(memory: RiskMemory, at: number): Pick<RiskMemory, 'points' | 'pointsAt' | 'weak' | 'strong'> {
  const halvings = Math.floor((at - memory.pointsAt) / HALF_LIFE_MS);
  if (halvings < 1 || memory.points === 0) return memory;
  const points = Math.floor(memory.points / 2 ** halvings);
  return { points, pointsAt: memory.pointsAt + halvings * HALF_LIFE_MS, weak: [], strong: [] };
}

function isStrong(finding: Finding, category: Category): boolean {
  return finding.evidence.some(evidence => evidence.category === category && evidence.severity >= 2);
}

function band(points: number): Severity {
  if (points >= 16) return 3;
  if (points >= 6) return 2;
  return points >= 4 ? 1 : 0;
}

function highest(...severities: Severity[]): Severity {
  return severities.reduce((most, each) => (each > most ? each : most), 0);
}

/** The end of a long text is what the next message continues. Never cut inside a character. */
function tail(text: string): string {
  const cut = text.slice(-LONGEST_TEXT);
  return /^[\udc00-\udfff]/.test(cut) ? cut.slice(1) : cut;
}
