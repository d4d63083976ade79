/**
 * What surrounds a match may change its severity, within fixed limits, and every change is named.
 * No rule takes 3 to 0; words of suicide and abuse stay at least 1 when they are denied.
 */
import type { Severity } from '../channels/protocol.ts';
import { findComposed } from './concepts.ts';
import type { Category, ConceptRule, Lexicon, RaiseRule, RowRule, Rule } from './lexicon.ts';
import { howRead, isTrusted, type Mark, type Place, type Reading, readText } from './match.ts';
import type { Paths } from './paths.ts';

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

/** What stands around a match and may change it. */
type Around = {
  paths: Paths;
  shields: Mark[];
  raises: (Mark & { rule: RaiseRule })[];
  signs: (Mark & { rule: SignRule })[];
  ownFrom: number;
};
type SignRule = Rule & { kind: 'sign' };

/**
 * All matches in a text with their severity in context, also those lowered to 0.
 * `ownFrom` is where the current message begins when earlier ones stand before it: a joke counts only from there on.
 */
export function judge(
  lexicon: Lexicon,
  text: string,
  ownFrom: number,
): { reading: Reading; outcomes: Outcome[] } {
  const reading = readText(lexicon, text);
  const around: Around = { paths: reading.paths, shields: [], raises: [], signs: [], ownFrom };
  const found: { rule: RiskRule; mark: Mark; parts: readonly Place[] }[] = [];
  for (const mark of reading.marks) {
    const { rule } = mark;
    if (rule.kind === 'row') found.push({ rule, mark, parts: [mark] });
    else if (rule.kind === 'shield') around.shields.push(mark);
    else if (rule.kind === 'raise') around.raises.push({ ...mark, rule });
    else if (rule.kind === 'sign') around.signs.push({ ...mark, rule });
  }
  for (const { rule, whole, parts } of findComposed(lexicon, reading))
    if (isTrusted(rule, whole.plain, whole.trail)) found.push({ rule, mark: whole, parts });
  const outcomes = found.map(({ rule, mark, parts }) => judgeMark(around, mark, parts, rule));
  raiseMissing(outcomes);
  return { reading, outcomes };
}

/** `parts` are what can be denied on its own: "he does NOT have a knife and is outside". */
function judgeMark(around: Around, mark: Mark, parts: readonly Place[], rule: RiskRule): Outcome {
  const outcome: Outcome = {
    rule,
    start: mark.start,
    end: mark.end,
    severity: rule.severity,
    raisedBy: null,
    shieldedBy: null,
    applied: [],
    read: howRead(mark.trail)?.read ?? null,
  };
  const shield = findShield(around, mark);
  if (shield) {
    outcome.shieldedBy = shield.rule;
    change(outcome, 'shield', rule.severity === 3 ? 1 : 0);
    return outcome;
  }
  const raise = findRaise(around, mark, rule);
  const denied = rule.negatable && parts.some(part => isDenied(around, part, rule));
  if (denied)
    change(
      outcome,
      'negation',
      lowered(rule, outcome.severity, 2, NEVER_DENIED_AWAY.has(rule.category) ? 1 : 0),
    );
  if (rule.jokable && !raise && isJoke(around))
    change(outcome, 'joke', lowered(rule, outcome.severity, 2, 0));
  if (PAST_LOWERS.has(rule.category) && isPast(around, mark, rule))
    change(outcome, 'past', lowered(rule, outcome.severity, 1, 1));
  if (raise && outcome.applied.length === 0 && outcome.severity === 2) {
    outcome.raisedBy = raise;
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
function findRaise(around: Around, mark: Mark, rule: RiskRule): (Mark & { rule: RaiseRule }) | null {
  for (const near of around.raises) {
    if (!near.rule.categories.has(rule.category)) continue;
    // Inside the match it has been counted by the row's own severity.
    if (near.start >= mark.start && near.end <= mark.end) continue;
    if (near.from - mark.to > RAISE_REACH || mark.from - near.to > RAISE_REACH) continue;
    if (!findShield(around, near)) return near;
  }
  return null;
}

/** A harmless phrase that takes in the end of the match, where its weight lies: "i OVERDOSED on pizza". */
function findShield({ shields }: Around, mark: Place): Mark | undefined {
  return shields.find(({ start, end }) => start < mark.end && end >= mark.end);
}

/** A negating word shortly before, with nothing between but words that carry it on ("not going to …"), and no "but" after. */
function isDenied(around: Around, part: Place, rule: RiskRule): boolean {
  const { signs } = around;
  const denied =
    part.overNot ||
    signs.some(
      near =>
        isSign(near, 'negation', rule) &&
        near.to <= part.from &&
        part.from - near.to < NEGATION_REACH &&
        carries(around.paths, near, part) &&
        !signs.some(
          other => isSign(other, 'notNegation', rule) && other.start <= near.start && other.end >= near.end,
        ),
    );
  if (!denied) return false;
  return !signs.some(
    near => isSign(near, 'contrast', rule) && near.from >= part.to && near.from - part.to < CONTRAST_REACH,
  );
}

function carries({ text, carriers }: Paths, negation: Mark, part: Place): boolean {
  if (/[.,;:!?\n]/.test(text.slice(negation.end, part.start))) return false;
  for (let i = negation.last + 1; i < part.first; i++)
    if (((carriers[i] ?? 0) & negation.rule.tongue) === 0) return false;
  return true;
}

function isJoke({ signs, ownFrom }: Around): boolean {
  let joke = false;
  for (const { rule, start } of signs) {
    if (rule.sign === 'notJoke') return false;
    joke ||= rule.sign === 'joke' && start >= ownFrom;
  }
  return joke;
}

function isPast({ signs }: Around, mark: Mark, rule: RiskRule): boolean {
  const past = signs.some(near => isSign(near, 'past', rule) && distance(near, mark) <= NEGATION_REACH + 1);
  return past && !signs.some(near => isSign(near, 'present', rule));
}

function distance(a: Mark, b: Mark): number {
  return Math.max(a.from - b.to, b.from - a.to, 0);
}

function isSign({ rule }: { rule: SignRule }, sign: SignRule['sign'], { tongue }: RiskRule): boolean {
  return rule.sign === sign && rule.tongue === tongue;
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
