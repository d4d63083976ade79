import type { Severity } from '../../channels/protocol.ts';
import { words } from './words.ts';

const SHAPES: Record<Severity, string> = {
  3: 'M5 1h6l4 4v6l-4 4H5l-4-4V5z',
  2: 'M8 1l7.5 14H.5z',
  1: 'M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1z',
  0: 'M2 7h12v2H2z',
};

/** Severity as number, word, shape and colour, so that no single one of them is needed to tell it. */
export function SeverityMark({ severity }: { severity: Severity }) {
  return (
    <span className={`severity severity-${severity}`}>
      <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" focusable="false">
        <path d={SHAPES[severity]} fill="currentColor" />
      </svg>
      {words.severity[severity]}
    </span>
  );
}
