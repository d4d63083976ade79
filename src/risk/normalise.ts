/**
 * Reads a message as words. Disguises are undone by adding readings, never by replacing what was written, and every
 * word remembers where it stands in the original, so that a worker can be shown the child's own letters.
 */

/** One word as it may be read. Offsets are UTF-16 units of the original text: `text.slice(start, end)` is what was said. */
export type Token = {
  /** Normalised forms, the plainest first: "w4nt" → ["w4nt", "want"]. Never empty. */
  readings: string[];
  start: number;
  end: number;
  /** How many of the tokens after this one it reads again as a single word ("d i e", "d!e"); 0 for an ordinary word. */
  over: number;
  /** A word with symbols in it: "s*icide", and "s-icide" as "s?icide". One letter or none may stand there. Else absent. */
  starred?: string;
};

/** `leet`: so much is written in digits for letters that a number may be a word too. */
type Folded = { text: string; starts: number[]; ends: number[]; plain: boolean; leet: boolean };
type Piece = { from: number; to: number; kind: number };

const [OTHER, LETTER, DIGIT, PICTURE, APOSTROPHE, JOINT, SPACE] = [0, 1, 2, 3, 4, 5, 6] as const;
const ASCII_KINDS = asciiKinds();
/** The kind + 1 of characters met before, by code point: asking Unicode is slow. */
const OTHER_KINDS = new Uint8Array(0x110000);
/** Longer than any word in any lexicon: a joined run above this is an address or noise. */
const LONGEST_JOINED = 40;
/** A few characters unfold into a whole sentence; nobody disguises a word with those. */
const LONGEST_FOLDED = 4;
const APART = new Map(
  Object.entries({
    ł: 'l',
    ø: 'o',
    đ: 'd',
    ı: 'i',
    ß: 'ss',
    æ: 'ae',
    œ: 'oe',
    ð: 'd',
    þ: 'th',
    '’': "'",
    '‘': "'",
    '´': "'",
    ʼ: "'",
    '′': "'",
    '‛': "'",
    ʻ: "'",
  }),
);
/** Cyrillic and Greek letters that look Latin: used only inside a word that has Latin letters too. */
const LOOKS_LIKE = new Map(
  [...'аaеeоoрpсcуyхxіiјjѕsԁdһhкkмmтtвbнhαaεeοoρpνvτtκkιiυu'.matchAll(/(.)(.)/gu)].map(m => [
    m[1] ?? '',
    m[2] ?? '',
  ]),
);
const LEET = new Map(
  Object.entries({ 0: 'o', 3: 'e', 4: 'a', 5: 's', 7: 't', 8: 'b', 9: 'g', $: 's', '@': 'a', '+': 't' }),
);
/** Letters and digits in one word, no number with its unit: "w4nt", "5h3". */
const LEET_WORD =
  /(?<![\p{L}\d])(?=\p{L}*\d)(?=\d*\p{L})(?!\d+(?:st|nd|rd|th|am|pm|yo|min|mins|hrs?|x|k|p|m|f)?(?![\p{L}\d]))(?:\p{L}|[013457]){2,}(?![\p{L}\d])/gu;
/** Letters apart, and more space between the words: "w a n t  t o  d i e". */
const SPACED_OUT = /(?:^|\s)\p{L}\s\p{L}(?:\s\p{L})*\s{2,}\p{L}/u;
const NUMBER_AND_UNIT =
  /^\d+(?:[a-z]|am|pm|st|nd|rd|th|yo|yrs?|years?|mins?|minutes?|hrs?|hours?|secs?|days?|weeks?|wks?|months?|km|cm|mm|kg|mg|ml|ft|lbs?|oz|miles?|quid|gb|mb)$/;

/**
 * The words of a text, in order, with their possible readings. Knows no language: text-speak ("wnt", "2moro") and emoji
 * keep their own form and are read by the table in `locales/<lng>/risk.yaml`. Linear in the length. Never throws.
 */
export function normalise(text: string): Token[] {
  const folded = { ...fold(text), leet: false };
  folded.leet = (folded.text.match(LEET_WORD)?.length ?? 0) > 1;
  const pieces = cut(folded.text);
  const apart = SPACED_OUT.test(folded.text);
  const tokens: Token[] = [];
  let first = 0;
  while (first < pieces.length) {
    const next = endOfRun(folded.text, pieces, first, apart);
    const joined = next - first > 1 ? joinedToken(folded, pieces, first, next) : null;
    if (joined) tokens.push(joined);
    for (; first < next; first++) tokens.push(singleToken(folded, pieces[first]));
  }
  return tokens;
}

function asciiKinds(): Uint8Array {
  const kinds = new Uint8Array(128);
  for (let code = 0; code < 128; code++) {
    const character = String.fromCharCode(code);
    if (/[a-z]/.test(character)) kinds[code] = LETTER;
    else if (/\d/.test(character)) kinds[code] = DIGIT;
    else if (/['`]/.test(character)) kinds[code] = APOSTROPHE;
    else if (/[*!|$@.+_\-~#/^]/.test(character)) kinds[code] = JOINT;
    else if (/\s/.test(character)) kinds[code] = SPACE;
  }
  return kinds;
}

/** NFKC-like folding, character by character, so that every folded character knows its place in the original. */
function fold(text: string): Omit<Folded, 'leet'> {
  let ascii = true;
  for (let i = 0; ascii && i < text.length; i++) ascii = text.charCodeAt(i) < 128;
  if (ascii) return { text: text.toLowerCase(), starts: [], ends: [], plain: true };
  const folded: Omit<Folded, 'leet'> = { text: '', starts: [], ends: [], plain: false };
  const met = new Map<string, string>();
  let at = 0;
  for (const character of text) {
    const end = at + character.length;
    const plain = met.get(character) ?? foldCharacter(character);
    met.set(character, plain);
    for (let i = 0; i < plain.length; i++) {
      folded.starts.push(at);
      folded.ends.push(end);
    }
    if (plain === '' && folded.ends.length > 0) folded.ends[folded.ends.length - 1] = end;
    folded.text += plain;
    at = end;
  }
  return folded;
}

function foldCharacter(character: string): string {
  if (character.length === 1 && character.charCodeAt(0) < 128) return character.toLowerCase();
  if (/[\p{Default_Ignorable_Code_Point}\p{Emoji_Modifier}]/u.test(character)) return '';
  const lower = character.toLowerCase();
  const apart = APART.get(lower);
  if (apart !== undefined) return apart;
  // Compatibility forms can be capitals (𝐃 → D), so the case is folded again afterwards.
  const bare = lower
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{Script=Inherited}/gu, '');
  return APART.get(bare) ?? (bare.length > LONGEST_FOLDED ? lower : bare.normalize('NFC'));
}

function kindAt(text: string, at: number): number {
  const code = text.codePointAt(at) ?? 0;
  if (code < 128) return ASCII_KINDS[code] ?? OTHER;
  const known = OTHER_KINDS[code] ?? 0;
  if (known > 0) return known - 1;
  const kind = kindOf(String.fromCodePoint(code));
  OTHER_KINDS[code] = kind + 1;
  return kind;
}

function kindOf(character: string): number {
  if (/[\p{L}\p{M}]/u.test(character)) return LETTER;
  if (/\p{Nd}/u.test(character)) return DIGIT;
  if (/\p{Extended_Pictographic}/u.test(character)) return PICTURE;
  return /\s/u.test(character) ? SPACE : OTHER;
}

function widthAt(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

/** Runs of letters (an apostrophe inside is part of the word), runs of digits, and single pictures. */
function cut(text: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  while (at < text.length) {
    const from = at;
    const kind = kindAt(text, at);
    at += widthAt(text, at);
    if (kind !== LETTER && kind !== DIGIT && kind !== PICTURE) continue;
    while (kind !== PICTURE && at < text.length) {
      const next = kindAt(text, at);
      const inside =
        next === APOSTROPHE && kind === LETTER && at + 1 < text.length && kindAt(text, at + 1) === LETTER;
      if (next !== kind && !inside) break;
      at += widthAt(text, at);
    }
    pieces.push({ from, to: at, kind });
  }
  return pieces;
}

/** The pieces that may be one word in disguise: glued by symbols ("k.i.l.l", "d!e", "t0"), or letters spaced apart. */
function endOfRun(text: string, pieces: Piece[], first: number, apart: boolean): number {
  let last = first;
  while (isGlued(text, pieces[last], pieces[last + 1])) last++;
  if (last > first) return last + 1;
  const gap = spacesBetween(text, pieces[first], pieces[first + 1], apart);
  // Whoever spaces out letters puts more space between words: inside a word the gap stays the same.
  while (gap > 0 && spacesBetween(text, pieces[last], pieces[last + 1], apart) === gap) last++;
  // Two letters are a word where everything is spaced out.
  const enough = last - first >= 2 || (last > first && gap === 1 && apart);
  return enough ? last + 1 : first + 1;
}

function isGlued(text: string, left: Piece | undefined, right: Piece | undefined): boolean {
  if (!left || !right || left.kind === PICTURE || right.kind === PICTURE || right.from - left.to > 3)
    return false;
  for (let i = left.to; i < right.from; i++) {
    const kind = kindAt(text, i);
    if (kind !== JOINT && kind !== APOSTROPHE) return false;
  }
  return true;
}

/**
 * How many spaces, at most three, stand between two single letters ("d o n ' t": one, beside the apostrophe too), or digits
 * where everything is spaced out; else 0.
 */
function spacesBetween(
  text: string,
  left: Piece | undefined,
  right: Piece | undefined,
  apart: boolean,
): number {
  if (!left || !right || right.from - left.to > 7) return 0;
  for (const { from, to, kind } of [left, right])
    if (to - from > 1 || !(kind === LETTER || (apart && kind === DIGIT))) return 0;
  const [, spaces = ''] = /^(\s{1,3})(?:['`]\1)?$/.exec(text.slice(left.to, right.from)) ?? [];
  return spaces.length;
}

function singleToken(folded: Folded, piece: Piece | undefined): Token {
  const { from, to } = piece ?? { from: 0, to: 0 };
  const word = withoutApostrophes(folded.text.slice(from, to));
  const readings = [word];
  if (folded.leet && piece?.kind === DIGIT && word.length > 1) addLeet(readings, word);
  if (!folded.plain) addLatinLook(readings, word);
  addSqueezed(readings);
  const single = token(folded, from, to, readings, 0);
  return piece?.kind === LETTER && folded.text[to] === '*' ? { ...single, starred: `${word}*` } : single;
}

function joinedToken(folded: Folded, pieces: Piece[], first: number, next: number): Token | null {
  const from = pieces[first]?.from ?? 0;
  const to = pieces[next - 1]?.to ?? from;
  if (to - from > LONGEST_JOINED * 2) return null;
  let word = '';
  for (let i = first; i < next; i++) word += folded.text.slice(pieces[i]?.from, pieces[i]?.to);
  word = withoutApostrophes(word);
  const readings = [word];
  if (/\p{L}/u.test(word) && (folded.leet || !NUMBER_AND_UNIT.test(word)))
    addLeet(readings, folded.text.slice(from, to));
  if (!folded.plain) addLatinLook(readings, word);
  addSqueezed(readings);
  const joined = token(folded, from, to, readings, next - first);
  const starred = withStars(folded.text, pieces, first, next);
  return starred ? { ...joined, starred } : joined;
}

/** Only for symbols ("s*icide"): letters spaced apart hide nothing. */
function withStars(text: string, pieces: Piece[], first: number, next: number): string | null {
  let word = '';
  for (let i = first; i < next; i++) {
    const { from = 0, to = 0, kind = OTHER } = pieces[i] ?? {};
    if (kind !== LETTER) return null;
    const gap = i > first ? text.slice(pieces[i - 1]?.to, from) : '';
    if (/\s/.test(gap)) return null;
    word += gap.replace(/[^*]/g, '?') + text.slice(from, to);
  }
  return word;
}

function token(folded: Folded, from: number, to: number, readings: string[], over: number): Token {
  if (folded.plain) return { readings, start: from, end: to, over };
  return { readings, start: folded.starts[from] ?? from, end: folded.ends[to - 1] ?? to, over };
}

function withoutApostrophes(word: string): string {
  return word.includes("'") || word.includes('`') ? word.replace(/['`]/g, '') : word;
}

/** Digits and symbols that stand for letters. 1, ! and | may each be an i or an l, so both are tried. */
function addLeet(readings: string[], written: string): void {
  if (!/[\d$@!|+]/.test(written)) return;
  for (const tall of ['i', 'l']) {
    let word = '';
    for (const character of written) {
      if (character === '1' || character === '!' || character === '|') word += tall;
      else word += LEET.get(character) ?? (/[\p{L}\d]/u.test(character) ? character : '');
    }
    if (!readings.includes(word)) readings.push(word);
  }
}

function addLatinLook(readings: string[], word: string): void {
  if (!/[a-z]/.test(word) || !/[\p{Script=Cyrillic}\p{Script=Greek}]/u.test(word)) return;
  let latin = '';
  for (const character of word) latin += LOOKS_LIKE.get(character) ?? character;
  readings.push(latin);
}

/** Adds each reading with letters written three or more times cut to one and to two ("killlll" → "kil", "kill"). */
function addSqueezed(readings: string[]): void {
  const before = readings.length;
  for (let i = 0; i < before; i++) {
    const word = readings[i] ?? '';
    if (hasTriple(word))
      for (const squeezed of squeeze(word)) if (!readings.includes(squeezed)) readings.push(squeezed);
  }
}

function hasTriple(word: string): boolean {
  for (let i = 2; i < word.length; i++) {
    const code = word.charCodeAt(i);
    if (code === word.charCodeAt(i - 1) && code === word.charCodeAt(i - 2)) return true;
  }
  return false;
}

/** Up to three drawn-out letters are tried in every combination; more than that all alike, to stay linear. */
function squeeze(word: string): string[] {
  const drawnOut = word.match(/(.)\1{2,}/gu)?.length ?? 0;
  const choices = drawnOut <= 3 ? 2 ** drawnOut : 2;
  const results: string[] = [];
  for (let choice = 0; choice < choices; choice++) {
    let group = 0;
    results.push(
      word.replace(/(.)\1{2,}/gu, (_, letter: string) => {
        const twice = drawnOut <= 3 ? (choice >> group++) & 1 : choice;
        return twice ? letter + letter : letter;
      }),
    );
  }
  return results;
}
