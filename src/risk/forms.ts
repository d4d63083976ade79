/** How the words of one language may be written, and what each written word stands for. Pure. */
import type { RiskFile } from './lexicon-file.ts';
import { type Net, type Term, type Tongue, wordSymbol } from './net.ts';

/**
 * One way of reading a written word: the words it stands for ("im" → i am). `tongue` is the language's bit. A filler may stand
 * inside any pattern ("just"), a carrier carries a denial on to what follows ("not GOING TO …"), a negator denies.
 */
export type Form = {
  symbols: readonly Term[];
  tongue: number;
  filler: boolean;
  carrier: boolean;
  negator: boolean;
};

/** Every written word of every language → what it stands for. */
export type Forms = Map<string, Form[]>;

/** How a language's words are written: alias → the words it stands for, e.g. wnt → want, im → i am; chains are followed. */
export type Spellings = ReadonlyMap<string, readonly (readonly string[])[]>;

/** Follows each alias to all that it may mean: dnt → dont → do not. */
export function followed(table: Spellings): Spellings {
  const whole = new Map<string, (readonly string[])[]>();
  for (const alias of table.keys()) {
    const meanings = new Map<string, readonly string[]>();
    const waiting = [alias];
    const seen = new Set(waiting);
    for (let word = waiting.pop(); word !== undefined; word = waiting.pop()) {
      for (const meaning of table.get(word) ?? []) {
        meanings.set(meaning.join(' '), meaning);
        const [only = ''] = meaning;
        if (meaning.length > 1 || seen.has(only)) continue;
        seen.add(only);
        waiting.push(only);
      }
    }
    whole.set(alias, [...meanings.values()]);
  }
  return whole;
}

/** The meanings of more than one word, by alias. */
export function longFormsOf(spellings: Spellings): Map<string, readonly (readonly string[])[]> {
  const long = new Map<string, readonly (readonly string[])[]>();
  for (const [alias, meanings] of spellings) {
    const some = meanings.filter(meaning => meaning.length > 1);
    if (some.length > 0) long.set(alias, some);
  }
  return long;
}

/** Adds all words that the patterns of a language use, and all ways of writing them. */
export function addForms(
  forms: Forms,
  net: Net,
  tongue: Tongue,
  number: number,
  spellings: Spellings,
  { fillers, carriers, signs }: Pick<RiskFile, 'fillers' | 'carriers' | 'signs'>,
): void {
  const [filling, carrying] = [new Set(fillers), new Set(carriers)];
  const denying = new Set((signs.negation ?? []).filter(sign => !/[\s({~?]/.test(sign)));
  const add = (written: string, meaning: readonly string[]) => {
    const form = {
      symbols: meaning.map(word => wordSymbol(net, tongue, number, word)),
      tongue: number,
      filler: meaning.every(word => filling.has(word)) || filling.has(written),
      carrier: meaning.every(word => carrying.has(word)) || carrying.has(written),
      negator: meaning.some(word => denying.has(word)) || denying.has(written),
    };
    const list = forms.get(written);
    if (list) list.push(form);
    else forms.set(written, [form]);
  };
  for (const word of [...filling, ...carrying, ...denying, ...tongue.symbols.keys()])
    wordSymbol(net, tongue, number, word);
  for (const [alias, meanings] of spellings) for (const meaning of meanings) add(alias, meaning);
  for (const word of [...tongue.symbols.keys()]) add(word, [word]);
}
