/**
 * Reads every message for risk, before any flow sees it. It routes; people assess. When in doubt it brings a person:
 * whatever goes wrong in here ends in "could not read", never in silence.
 */
import type { Severity } from '../channels/protocol.ts';
import { type RiskMemory, textsNear } from './accumulate.ts';
import { judge, type Outcome } from './context.ts';
import { type Facts, factsOf, NO_FACTS } from './facts.ts';
import type { Category, Lexicon } from './lexicon.ts';
import type { Reading } from './match.ts';

/** Words of the current message that count: `text.slice(start, end) === said`. `rule` is the language and pattern that found them. */
export type Evidence = {
  start: number;
  end: number;
  said: string;
  rule: string;
  category: Category;
  severity: Severity;
  /** What the words were read as, where they were misspelt or disguised ("kll myslf" → "kill myself"). */
  read?: string;
};

/** `applied` names each context rule and its effect, e.g. "negation: suicide 2 → 1". `couldNotRead` wants a person's eyes. */
export type Finding = {
  severity: Severity;
  categories: Category[];
  evidence: Evidence[];
  facts: Facts;
  applied: string[];
  wantsHuman: boolean;
  channelUnsafe: boolean;
  couldNotRead: boolean;
  lexiconVersion: string;
};

/** Longer texts are read in pieces, so that a wall of words cannot make the work grow with its square. */
const PIECE = 2000;
const OVERLAP = 200;

/** What the bot asked just before: the kind of answer that it expects, and its words in English. */
export type Asked = { expects: 'age' | 'who' | 'when' | 'where'; question: string };

/** A message as it is read; `at` is UTC ms. */
export type Message = { text: string; at: number; asked?: Asked };

/**
 * The risk in one message, read together with what was sent within the last two minutes, so that a message split in
 * two counts like one; an answer to a question is read with what was said before it, however long ago, and as the
 * sentence that it is ("How old is he?" "24": he is 24). Evidence always lies in the current message. Pure, fast, and it
 * never throws.
 */
export function detect(lexicon: Lexicon, memory: RiskMemory, message: Message): Finding {
  try {
    const { asked } = message;
    const texts = asked ? memory.texts : textsNear(memory, message.at);
    const earlier =
      texts.map(({ text }) => `${text} `).join('') + (asked ? beginningOf(asked, message.text) : '');
    const judged = judgePieces(lexicon, earlier + message.text, earlier.length);
    return toFinding(lexicon, message.text, judged);
  } catch {
    return { ...nothing(lexicon), severity: 1, couldNotRead: true };
  }
}

/** Longer than so many words, an answer is a sentence of its own. */
const BARE_WORDS = 4;

/** The beginning of the sentence that a bare answer ends. */
function beginningOf({ expects, question }: Asked, answer: string): string {
  if (answer.trim().split(/\s+/).length > BARE_WORDS || /^\s*(i|im|he|hes|she|shes|they|my)\b/i.test(answer))
    return '';
  const other = /\b(he|him|his|she|her|they|them|their)\b/i.exec(question)?.[0]?.toLowerCase();
  const subject = !other
    ? 'i am'
    : other.startsWith('h') && other !== 'her'
      ? 'he is'
      : other.startsWith('t')
        ? 'they are'
        : 'she is';
  return expects === 'age' || expects === 'where' ? `${subject} ` : '';
}

type Judged = { outcomes: Outcome[]; unreadable: boolean };

/** What is found where nothing is. */
export function nothing(lexicon: Lexicon): Finding {
  return {
    severity: 0,
    categories: [],
    evidence: [],
    facts: NO_FACTS,
    applied: [],
    wantsHuman: false,
    channelUnsafe: false,
    couldNotRead: false,
    lexiconVersion: lexicon.version,
  };
}

/** Outcomes that touch the current message, with offsets counted from its first character. */
function judgePieces(lexicon: Lexicon, text: string, own: number): Judged {
  const kept: Outcome[] = [];
  let unreadable = false;
  for (let from = 0, to = 0; to < text.length; from = to - OVERLAP) {
    to = endOfPiece(text, from);
    const { reading, outcomes } = judge(
      lexicon,
      from === 0 && to === text.length ? text : text.slice(from, to),
      own - from,
    );
    for (const outcome of outcomes) {
      const moved = clip(outcome, text, from, own);
      if (moved) kept.push(moved);
    }
    unreadable ||= isUnreadable(reading, own - from);
  }
  return { outcomes: kept, unreadable };
}

function endOfPiece(text: string, from: number): number {
  if (text.length - from <= PIECE) return text.length;
  const space = text.lastIndexOf(' ', from + PIECE);
  return space > from + PIECE - OVERLAP ? space : from + PIECE;
}

/** The part of a match that lies in the current message; if none does, the part of what made it more serious. */
function clip(outcome: Outcome, text: string, shift: number, own: number): Outcome | null {
  const touching = [outcome, outcome.raisedBy].find(span => span !== null && span.end + shift > own);
  if (!touching) return null;
  let start = Math.max(touching.start + shift, own);
  while (/\s/.test(text[start] ?? 'x')) start++;
  return { ...outcome, start: start - own, end: touching.end + shift - own };
}

/** Letters were written, but not one word in a script that any row uses: nobody has read this message yet. */
function isUnreadable({ paths: { text, tokens, steps }, cutShort }: Reading, own: number): boolean {
  let letters = false;
  for (const [i, token] of tokens.entries()) {
    if (token.start < own) continue;
    if ((steps[i]?.length ?? 0) > 0 || /[a-z0-9]/.test(token.readings[0] ?? '')) return cutShort;
    letters ||= /\p{L}/u.test(text.slice(token.start, token.end));
  }
  return letters || cutShort;
}

function toFinding(lexicon: Lexicon, text: string, { outcomes, unreadable }: Judged): Finding {
  if (outcomes.length === 0 && !unreadable) return nothing(lexicon);
  const best = strongest(outcomes);
  const evidence = best.map(({ start, end, rule, severity, read }): Evidence => {
    const said = text.slice(start, end);
    const found = { start, end, said, rule: rule.id, category: rule.category, severity };
    return read === null ? found : { ...found, read };
  });
  const categories = [...new Set(evidence.map(({ category }) => category))];
  return {
    severity: evidence[0]?.severity ?? (unreadable ? 1 : 0),
    categories,
    evidence,
    facts: factsOf(text, best),
    applied: [...new Set(outcomes.flatMap(({ applied }) => applied))],
    wantsHuman: categories.includes('wants_human'),
    channelUnsafe: categories.includes('surveillance'),
    couldNotRead: unreadable,
    lexiconVersion: lexicon.version,
  };
}

/** The most serious first; of matches of one category over the same words, only the strongest and longest. */
function strongest(outcomes: Outcome[]): Outcome[] {
  const sorted = outcomes
    .filter(({ severity }) => severity > 0)
    .sort((a, b) => b.severity - a.severity || b.end - b.start - (a.end - a.start) || a.start - b.start);
  const kept: Outcome[] = [];
  for (const outcome of sorted) {
    const { start, end, rule } = outcome;
    if (!kept.some(other => other.rule.category === rule.category && other.start < end && start < other.end))
      kept.push(outcome);
  }
  return kept;
}
