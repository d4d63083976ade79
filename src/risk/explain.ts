/** Why a message was flagged, in words that one worker can read aloud to another. */
import type { Evidence, Finding } from './detect.ts';

const MOST_SHOWN = 3;

/** One sentence, e.g. `"want to die" — suicide, level 3, raised by time.` It quotes the young person: never log it. */
export function explain(finding: Finding): string {
  const parts = finding.evidence.slice(0, MOST_SHOWN).map(evidence => explainEvidence(finding, evidence));
  const more = finding.evidence.length - parts.length;
  if (more > 0) parts.push(`and ${more} more`);
  if (finding.couldNotRead) parts.push('this message could not be read, so a person should look at it');
  if (finding.wantsHuman) parts.push('they asked for a person');
  if (finding.channelUnsafe) parts.push('somebody else may see their messages');
  if (parts.length === 0)
    parts.push(
      finding.applied.length > 0
        ? `nothing left to raise (${finding.applied.join(', ')})`
        : 'no risk words found',
    );
  return `${parts.join('; ')}.`;
}

function explainEvidence(finding: Finding, { said, category, severity }: Evidence): string {
  const effects = finding.applied
    .map(readEffect)
    .filter(effect => effect.category === category && effect.to === severity);
  const why = effects.map(({ name, raised }) => `${raised ? 'raised' : 'lowered'} by ${name}`);
  return `"${said.replace(/\s+/g, ' ')}" — ${category.replaceAll('_', ' ')}, level ${severity}, ${why.join(' and ') || 'not lowered'}`;
}

function readEffect(applied: string): { name: string; category: string; to: number; raised: boolean } {
  const [, name = '', category = '', from = 0, to = 0] = applied.match(/^(.*): (\w+) (\d) → (\d)$/) ?? [];
  return { name, category, to: Number(to), raised: to > from };
}
