import { expect } from 'vitest';
import type { Severity } from '../../src/channels/protocol.ts';
import { LOCALES_DIR, readRiskFiles } from '../../src/content.ts';
import { NO_MEMORY, type RiskMemory, remember } from '../../src/risk/accumulate.ts';
import { detect, type Finding } from '../../src/risk/detect.ts';
import { type Category, type Lexicon, type LexiconSource, parseLexicon } from '../../src/risk/lexicon.ts';

export const NOW = Date.UTC(2026, 10, 20, 22, 0);
export const FILE = 'locales/en/risk.yaml';
/** The shipped words in English. */
export const SOURCES = readRiskFiles(LOCALES_DIR).filter(({ language }) => language === 'en');
export const lexicon = compiledFrom(SOURCES);

/** A lexicon from English rows; fails with the lines of its problems. */
export function compiled(source: string): Lexicon {
  return compiledFrom([{ language: 'en', file: FILE, source }]);
}

function compiledFrom(sources: LexiconSource[]): Lexicon {
  const { lexicon, problems } = parseLexicon(sources);
  if (!lexicon)
    throw new Error(problems.map(one => `${one.file} line ${one.line}: ${one.message}`).join('\n'));
  return lexicon;
}

/** What is found in a text that nothing came before. */
export function read(text: string): Finding {
  return detect(lexicon, NO_MEMORY, { text, at: NOW });
}

/** The conversation told in these texts, `gap` milliseconds apart: the finding of the last one, and the memory after it. */
export function readSplit(texts: string[], gap = 20_000): { last: Finding; memory: RiskMemory } {
  let memory = NO_MEMORY;
  let last = read('');
  texts.forEach((text, i) => {
    const message = { text, at: NOW + i * gap };
    last = detect(lexicon, memory, message);
    memory = remember(memory, last, message);
  });
  return { last, memory };
}

/** What two findings must share to count as equal. */
export function found(finding: Finding): { severity: Severity; categories: Category[] } {
  return { severity: finding.severity, categories: [...finding.categories].sort() };
}

/** What must be true of every finding about every text. */
export function expectSound(finding: Finding, text: string): void {
  for (const { start, end, said } of finding.evidence) {
    expect(said).not.toBe('');
    expect(text.slice(start, end)).toBe(said);
  }
  const highest = Math.max(0, ...finding.evidence.map(({ severity }) => severity));
  if (finding.severity >= 2) expect(finding.severity).toBe(highest);
  if (finding.couldNotRead) expect(finding.severity).toBeGreaterThanOrEqual(1);
}
