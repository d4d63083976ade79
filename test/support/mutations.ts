import type { Flow } from '../../src/flows/flow.ts';

/** A flow with one thing changed, made when it is asked for. */
export type Mutation = { what: string; make(): Flow };
type Path = (string | number)[];

/** Lists of which the order means nothing. */
const UNORDERED = ['words', 'is', 'marks', 'was'];
/** What may stand where there was nothing, or nothing of the kind. */
const SAMPLES: Record<string, unknown> = {
  marks: 'light',
  was: 'older',
  words: 'another',
  say: ['Other words.'],
  ask: 'Really?',
  save: 'other',
  expects: 'who',
  choicesFrom: 'other',
  text: { max: 7, canSkip: false },
  go: 'hello',
  remember: { keep: '2d' },
  choices: 'Other',
  steps: {
    id: 'other',
    say: ['Oh.'],
    sms: { say: null, ask: null, choices: {} },
    marks: [],
    was: [],
    kind: { kind: 'end', as: 'x' },
  },
};
const CHOICE = { id: 'other', label: 'Other', words: [], go: 'hello', marks: [], shown: true };

/**
 * Every flow that differs from `flow` in one thing that means something, whatever fields there are.
 * @param kinds a flow with every kind of step, to turn steps into
 */
export function mutations(flow: Flow, kinds: Flow): Mutation[] {
  const found: Mutation[] = [];
  const change = (path: Path, what: string, edit: (parent: object, key: string | number) => void) => {
    const make = () => {
      const copy: Flow = JSON.parse(JSON.stringify(flow));
      const parent = path.slice(0, -1).reduce<unknown>(inside, copy);
      if (typeof parent !== 'object' || parent === null) throw new Error(`${path.join('.')} is nowhere.`);
      edit(parent, path.at(-1) ?? '');
      return copy;
    };
    found.push({ what: `${path.join('.')} ${what}`, make });
  };
  const set = (path: Path, what: string, value: unknown) =>
    change(path, what, (parent, key) => void Reflect.set(parent, key, value));
  const look = (value: unknown, path: Path) => {
    const name = String(path.findLast(part => typeof part === 'string'));
    if (path.at(-1) === 'kind' && typeof value === 'string') return;
    if (path.at(-1) === 'go' && isUnused(path)) return;
    if (typeof value === 'string') set(path, 'is another', otherThan(value));
    if (typeof value === 'number') set(path, 'is more', value + 1);
    if (typeof value === 'boolean') set(path, 'is turned round', !value);
    if (value === null) set(path, 'is there', SAMPLES[name]);
    if (
      ['text', 'save', 'expects', 'choicesFrom', 'ask', 'say'].includes(name) &&
      value !== null &&
      typeof path.at(-1) === 'string'
    )
      if (path.at(-2) === 'sms' || !['ask', 'say'].includes(name)) set(path, 'is gone', null);
    if (Array.isArray(value)) {
      const extra =
        name === 'choices'
          ? CHOICE
          : name === 'say'
            ? 'Other words.'
            : name === 'is'
              ? 'other'
              : SAMPLES[name];
      set(path, 'has one more', [...value, extra]);
      if (value.length > 1 && !UNORDERED.includes(name))
        set(path, 'is in another order', [value[1], value[0], ...value.slice(2)]);
      for (const i of value.keys()) set(path, `has no ${i}`, value.toSpliced(i, 1));
    } else if (typeof value === 'object' && value !== null) {
      if (['remember', 'inputs', 'outcomes', 'choices'].includes(String(path.at(-1)))) {
        set(path, 'has one more', { ...value, other: SAMPLES[name] ?? 'hello' });
        for (const key of Object.keys(value))
          change([...path, key], 'is gone', parent => void Reflect.deleteProperty(parent, key));
      }
      if (name === 'about')
        set(path, 'is another', 'slot' in value ? { fact: 'language' } : { slot: 'other' });
      if (name === 'kind')
        for (const { kind } of kinds.steps)
          if (inside(value, 'kind') !== kind.kind) set(path, `is ${kind.kind}`, kind);
    }
    if (typeof value === 'object' && value !== null)
      for (const key of Object.keys(value))
        look(inside(value, key), [...path, Array.isArray(value) ? Number(key) : key]);
  };
  /** Where a question with choices only would go on to is never used. */
  const isUnused = (path: Path) => {
    const kind = path.slice(0, -1).reduce<unknown>(inside, flow);
    return inside(kind, 'kind') === 'ask' && !inside(kind, 'text') && !inside(kind, 'choicesFrom');
  };
  for (const [key, value] of Object.entries(flow)) look(value, [key]);
  return found;
}

function inside(value: unknown, key: string | number): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

function otherThan(value: string): string {
  const lists = [
    ['safety', 'unsafe', 'consent', 'light'],
    ['age', 'who', 'when', 'where'],
  ];
  const list = lists.find(names => names.includes(value));
  return list ? (list.find(name => name !== value) ?? value) : value === '30d' ? '31d' : `${value}x`;
}
