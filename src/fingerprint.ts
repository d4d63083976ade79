/**
 * FNV-1a, 64 bits, as 16 hexadecimal digits. It names a version of a text; it protects nothing. The number is kept in two
 * halves, for with BigInt the lists of risk words took a tenth of a second at every start.
 */
export function fingerprint(text: string): string {
  let [high, low] = [0xcbf29ce4, 0x84222325];
  for (const byte of new TextEncoder().encode(text)) {
    low = (low ^ byte) >>> 0;
    // times 2^40 + 0x1b3
    const product = low * 0x1b3;
    high = (Math.imul(high, 0x1b3) + Math.floor(product / 2 ** 32) + (low << 8)) >>> 0;
    low = product >>> 0;
  }
  return [high, low].map(part => part.toString(16).padStart(8, '0')).join('');
}
