/**
 * FNV-1a, 64 bits, as 16 hexadecimal digits. It names a version of a text; it protects nothing. The number is kept as
 * four parts of 16 bits, lowest first: with BigInt the lists of risk words took a tenth of a second at every start.
 */
export function fingerprint(text: string): string {
  let [a, b, c, d] = [0x2325, 0x8422, 0x9ce4, 0xcbf2];
  for (const byte of new TextEncoder().encode(text)) {
    a ^= byte;
    // times 2^40 + 0x1b3
    const first = a * 0x1b3;
    const second = b * 0x1b3 + (first >>> 16);
    const third = c * 0x1b3 + ((a & 0xff) << 8) + (second >>> 16);
    const fourth = d * 0x1b3 + (a >>> 8) + ((b & 0xff) << 8) + (third >>> 16);
    [a, b, c, d] = [first & 0xffff, second & 0xffff, third & 0xffff, fourth & 0xffff];
  }
  return [d, c, b, a].map(part => part.toString(16).padStart(4, '0')).join('');
}
