/**
 * The grammar of a pattern, so that staff never write a regular expression: plain words · `(a/b c)` one of these ·
 * `{name}` a concept · `hit+` every form of an English word · `word?` or `(a/b)?` may be missing · `~2` up to two words of any kind.
 */
import { formsOf } from './inflect.ts';
import { normalise } from './normalise.ts';

export type Part =
  | { kind: 'word'; word: string }
  | { kind: 'concept'; name: string }
  | { kind: 'choice'; ways: Part[][] }
  | { kind: 'maybe'; part: Part }
  | { kind: 'gap'; most: number };

/** A wider gap joins words that have nothing to do with each other, and costs time on every message. */
const WIDEST_GAP = 4;

/** Reads a pattern. Throws an Error whose message can be shown to the author of the row. */
export function parsePattern(source: string): Part[] {
  // Read as written, "(a/b) ?c" would let (a/b) be missing, which nobody who writes it means.
  if (/\s[?+]/.test(source)) throw new Error('"?" and "+" must stand right behind a word');
  const signs = source.match(/\{[^}]*\}|~\d+|[()/?+]|[^\s(){}/?+~]+|\S/gu) ?? [];
  const reader = { signs, at: 0 };
  const ways = [readSequence(reader)];
  // Around the whole pattern the brackets of a choice may be left out.
  while (reader.signs[reader.at] === '/') {
    reader.at++;
    ways.push(readSequence(reader));
  }
  if (reader.at < signs.length) throw new Error(`"${signs[reader.at]}" is not expected here`);
  return ways.length > 1 ? [{ kind: 'choice', ways }] : (ways[0] ?? []);
}

/** The one normalised word that a text stands for ("don't" → "dont", "2moro" → "2moro"). Throws when it is not one word. */
export function oneWord(text: string): string {
  if (/^[a-z\d]+$/.test(text)) return text;
  const tokens = normalise(text);
  const [first] = tokens;
  const word = first?.readings[0] ?? '';
  const whole = first?.over === tokens.length - 1 && (tokens.length === 1 || /^[\p{L}\d'’]+$/u.test(text));
  if (!whole) throw new Error(`"${text}" must be one word; write several words with spaces between them`);
  return word;
}

type Reader = { signs: readonly string[]; at: number };

function readSequence(reader: Reader): Part[] {
  const parts: Part[] = [];
  for (
    let sign = reader.signs[reader.at];
    sign !== undefined && sign !== '/' && sign !== ')';
    sign = reader.signs[reader.at]
  ) {
    reader.at++;
    const part = readPart(reader, sign);
    const maybe = reader.signs[reader.at] === '?';
    if (maybe) reader.at++;
    parts.push(maybe ? { kind: 'maybe', part } : part);
  }
  if (parts.length === 0) throw new Error('a pattern, or one of the choices in brackets, is empty');
  return parts;
}

function readPart(reader: Reader, sign: string): Part {
  if (sign === '(') return readChoice(reader);
  if (sign === '?' || sign === '+') throw new Error(`"${sign}" must stand right behind a word`);
  if (sign.startsWith('{')) return { kind: 'concept', name: sign.slice(1, -1) };
  if (sign.startsWith('~')) {
    const most = Number(sign.slice(1));
    if (!(most >= 1 && most <= WIDEST_GAP)) throw new Error(`a gap is ~1 to ~${WIDEST_GAP}`);
    return { kind: 'gap', most };
  }
  const word = oneWord(sign);
  if (reader.signs[reader.at] !== '+') return { kind: 'word', word };
  reader.at++;
  return { kind: 'choice', ways: formsOf(word).map(form => [{ kind: 'word', word: form }]) };
}

function readChoice(reader: Reader): Part {
  const ways = [readSequence(reader)];
  while (reader.signs[reader.at] === '/') {
    reader.at++;
    ways.push(readSequence(reader));
  }
  if (reader.signs[reader.at] !== ')') throw new Error('a bracket is not closed');
  reader.at++;
  return { kind: 'choice', ways };
}
