import type { Step } from './flow.ts';

/** Every step that `step` can lead to, and where in the step that is written. */
export function waysOut(step: Step): { to: string; at: (string | number)[] }[] {
  const { kind } = step;
  switch (kind.kind) {
    case 'say':
    case 'call':
      return [{ to: kind.go, at: ['go'] }];
    case 'ask':
      return [
        ...kind.choices.map(choice => ({ to: choice.go, at: ['choices', choice.id, 'go'] })),
        ...((kind.text || kind.choicesFrom) && kind.go ? [{ to: kind.go, at: ['go'] }] : []),
      ];
    case 'if':
      return [
        { to: kind.then, at: ['then'] },
        { to: kind.otherwise, at: ['else'] },
      ];
    case 'do':
      return Object.entries(kind.outcomes).map(([outcome, to]) => ({ to, at: [outcome] }));
    case 'handover':
    case 'end':
      return [];
  }
}

/**
 * What stands on a circle, or between two circles.
 * @param next for each name, those that it leads to
 */
export function inCircles(next: Map<string, string[]>): string[] {
  const left = new Map(next);
  // Whatever leads to nothing that is left, or is led to by nothing that is left, stands on no circle.
  for (let before = -1; before !== left.size; ) {
    before = left.size;
    for (const [name, to] of left) if (!to.some(other => left.has(other))) left.delete(name);
    const ledTo = new Set([...left.values()].flat());
    for (const name of left.keys()) if (!ledTo.has(name)) left.delete(name);
  }
  return [...left.keys()];
}
