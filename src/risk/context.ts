/**
 * What surrounds a match may change its severity, within fixed limits, and every change is named.
 * No rule takes 3 to 0; words of suicide and abuse stay at least 1 when they are denied.
 */
import type { Severity } from '../channels/protocol.ts';
import { findComposed, marksByConcept } from './concepts.ts';
import type { Category, ConceptRule, Lexicon, RaiseRule, RowRule, Rule } from './lexicon.ts';
import { type Mark, type Reading, readText } from './match.ts';

/** What finds a risk: a row's own words, or concepts that stand close together. */
type RiskRule = RowRule | ConceptRule;

/** A match after all context rules. `raisedBy` is what made it more serious; `applied` names what was done. */
export type Outcome = {
  rule: RiskRule;
  start: number;
  end: number;
  severity: Severity;
  raisedBy: { rule: Rule; start: number; end: number } | null;
  shieldedBy: Rule | null;
  applied: string[];
  /** What the words were read as where they were not plainly written; else null. */
  read: string | null;
};

/** How far before a match a negation may stand, and how far from it a time, a weapon or an age still belongs to it (in words). */
const NEGATION_REACH = 4;
const CONTRAST_REACH = 6;
const RAISE_REACH = 12;

const NEVER_DENIED_AWAY: ReadonlySet<Category> = new Set([
  'suicide',
  'self_harm',
  'overdose',
  'abuse_physical',
  'abuse_sexual',
  'abuse_emotional',
  'domestic_abuse',
  'neglect',
  'cse_grooming',
  'trafficking',
  'honour',
  'immediate',
]);
const PAST_LOWERS: ReadonlySet<Category> = new Set(['suicide', 'self_harm']);

/**
 * All matches in a text with their severity in context, also those lowered to 0.
 * `ownFrom` is where the current message begins when earlier ones stand before it: a joke counts only from there on.
 */
export function judge(
  lexicon: Lexicon,
  text: string,
  ownFrom: number,
): { reading: Reading; outcomes: Outcome[] } {
  const read = readText(lexicon, text);
  // The words of concepts are everyday ones: kept among the rest they would slow down every look around a match.
  const reading = { ...read, marks: read.marks.filter(({ rule }) => rule.kind !== 'concept') };
  const outcomes: Outcome[] = [];
  for (const mark of reading.marks) {
    if (mark.rule.kind === 'row')
      outcomes.push(judgeMark(lexicon, reading, mark, [mark], mark.rule, ownFrom));
  }
  for (const { rule, whole, parts } of findComposed(lexicon.conceptRules, reading, marksByConcept(read))) {
    outcomes.push(judgeMark(lexicon, reading, whole, parts, rule, ownFrom));
  }
  raiseMissing(outcomes);
  return { reading, outcomes };
}

/** `parts` are what can be denied on its own: "he does NOT have a knife and is outside". */
function judgeMark(
  lexicon: Lexicon,
  reading: Reading,
  mark: Mark,
  parts: readonly Mark[],
  rule: RiskRule,
  ownFrom: number,
): Outcome {
  const outcome: Outcome = {
    rule,
    start: mark.start,
    end: mark.end,
    severity: rule.severity,
    raisedBy: null,
    shieldedBy: null,
    applied: [],
    read: mark.how?.read ?? null,
  };
  const shield = findShield(reading, mark);
  if (shield) {
    outcome.shieldedBy = shield.rule;
    change(outcome, 'shield', rule.severity === 3 ? 1 : 0);
    return outcome;
  }
  const raise = findRaise(reading, mark, rule);
  const denied = rule.negatable && parts.some(part => isDenied(lexicon, reading, part, rule));
  if (denied)
    change(
      outcome,
      'negation',
      lowered(rule, outcome.severity, 2, NEVER_DENIED_AWAY.has(rule.category) ? 1 : 0),
    );
  if (rule.jokable && !raise && isJoke(reading, ownFrom))
    change(outcome, 'joke', lowered(rule, outcome.severity, 2, 0));
  if (PAST_LOWERS.has(rule.category) && isPast(reading, mark, rule))
    change(outcome, 'past', lowered(rule, outcome.severity, 1, 1));
  if (raise && outcome.applied.length === 0 && outcome.severity === 2) {
    outcome.raisedBy = raise.mark;
    change(outcome, raise.rule.name, 3);
  }
  return outcome;
}

function change(outcome: Outcome, name: string, severity: Severity): void {
  if (severity !== outcome.severity)
    outcome.applied.push(`${name}: ${outcome.rule.category} ${outcome.severity} → ${severity}`);
  outcome.severity = severity;
}

function lowered(rule: RiskRule, from: Severity, by: number, floor: Severity): Severity {
  const least = Math.max(floor, rule.severity === 3 ? 1 : 0);
  const severities: readonly Severity[] = [0, 1, 2, 3];
  return severities[Math.min(from, Math.max(from - by, least))] ?? from;
}

/** A time, a means, a weapon, an injury or an age near the match, of a kind that makes this category more serious. */
function findRaise(reading: Reading, mark: Mark, rule: RiskRule): { mark: Mark; rule: RaiseRule } | null {
  for (const near of reading.marks) {
    if (near.rule.kind !== 'raise' || !near.rule.categories.has(rule.category)) continue;
    // Inside the match it has been counted by the row's own severity.
    if (near.start >= mark.start && near.end <= mark.end) continue;
    if (near.from - mark.to > RAISE_REACH || mark.from - near.to > RAISE_REACH) continue;
    if (findShield(reading, near)) continue;
    return { mark: near, rule: near.rule };
  }
  return null;
}

/** A harmless phrase that takes in the end of the match, where its weight lies: "i OVERDOSED on pizza". */
function findShield(reading: Reading, mark: Mark): Mark | undefined {
  return reading.marks.find(
    ({ rule, start, end }) => rule.kind === 'shield' && start < mark.end && end >= mark.end,
  );
}

/** A negating word shortly before, with nothing between but words that carry it on ("not going to …"), and no "but" after. */
function isDenied(lexicon: Lexicon, reading: Reading, mark: Mark, rule: RiskRule): boolean {
  const denied =
    mark.overNot ||
    reading.marks.some(
      near =>
        isSign(near, 'negation', rule.language) &&
        near.to <= mark.from &&
        mark.from - near.to < NEGATION_REACH &&
        carries(lexicon, reading, near, mark) &&
        !reading.marks.some(
          other =>
            isSign(other, 'notNegation', rule.language) && other.start <= near.start && other.end >= near.end,
        ),
    );
  if (!denied) return false;
  return !reading.marks.some(
    near =>
      isSign(near, 'contrast', rule.language) && near.from >= mark.to && near.from - mark.to < CONTRAST_REACH,
  );
}

function carries(lexicon: Lexicon, reading: Reading, negation: Mark, mark: Mark): boolean {
  if (/[.,;:!?\n]/.test(reading.text.slice(negation.end, mark.start))) return false;
  for (let i = negation.to; i < mark.from; i++) {
    if (!reading.ids[i]?.some(id => lexicon.carriers.has(id))) return false;
  }
  return true;
}

function isJoke(reading: Reading, ownFrom: number): boolean {
  let joke = false;
  for (const { rule, start } of reading.marks) {
    if (rule.kind !== 'sign') continue;
    if (rule.sign === 'notJoke') return false;
    joke ||= rule.sign === 'joke' && start >= ownFrom;
  }
  return joke;
}

function isPast(reading: Reading, mark: Mark, rule: RiskRule): boolean {
  if (
    !reading.marks.some(
      near => isSign(near, 'past', rule.language) && distance(near, mark) <= NEGATION_REACH + 1,
    )
  )
    return false;
  return !reading.marks.some(near => isSign(near, 'present', rule.language));
}

function distance(a: Mark, b: Mark): number {
  return Math.max(a.from - b.to, b.from - a.to, 0);
}

function isSign(mark: Mark, sign: string, language: string): boolean {
  return mark.rule.kind === 'sign' && mark.rule.sign === sign && mark.rule.language === language;
}

/**
 * Missing together with another urgent matter is immediate. Having nowhere to sleep is left out: leaving home and
 * needing a bed tonight is what most people write for, and stays urgent.
 */
function raiseMissing(outcomes: Outcome[]): void {
  const other = outcomes.find(
    ({ rule, severity }) =>
      severity >= 2 && !['missing', 'rough_sleeping', 'wants_human'].includes(rule.category),
  );
  if (!other) return;
  for (const outcome of outcomes) {
    if (outcome.rule.category !== 'missing' || outcome.severity !== 2) continue;
    outcome.raisedBy = { rule: other.rule, start: other.start, end: other.end };
    change(outcome, `with ${other.rule.category}`, 3);
  }
}
