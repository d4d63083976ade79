/** Texts of `length` characters that are made to be slow to read: each strains another part of a reader. Always the same. */
export function hostileTexts(length: number): string[] {
  const repeated = (part: string) => part.repeat(Math.ceil(length / part.length)).slice(0, length);
  return [
    'a',
    'ab ',
    'i want to ',
    'kill kill my my ',
    'i w a n t t o d i e ',
    'k.i.l.l.m.y.s.e.l.f.',
    'i\u200bw\u200ba\u200bn\u200bt\u200b',
    'e\u0301\u0301\u0301\u0301',
    '1 4m 50 5c4r3d 0f h1m ',
    'iwanttokillmyselftonight',
    'not never dont wont cant ',
    'lol jk just really like fucking literally ',
    'kikl miself tonihgt nad hert teh ',
    '😭🔪💊🩸',
    'w*nt t* d** ',
    '𝐤𝐢𝐥𝐥 ｍｅ ',
    '((((((((~~~~{{{{',
    '\ud800',
  ]
    .map(repeated)
    .concat(unknownWords(length));
}

/** Words that no list knows, none of them twice, so that nothing remembered helps. */
function unknownWords(length: number): string {
  let [text, seed] = ['', 7];
  while (text.length < length) {
    for (let i = 0; i < 7; i++) {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      text += String.fromCharCode(97 + (seed % 26));
    }
    text += ' ';
  }
  return text.slice(0, length);
}
