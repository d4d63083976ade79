/**
 * Takes a Cookie header, of a request or of a socket's handshake, and the name of a cookie.
 * Returns its value as it stands there, or null when there is none.
 */
export function cookieNamed(header: string | undefined, name: string): string | null {
  const start = `${name}=`;
  const found = header?.split(';').find(part => part.trim().startsWith(start));
  return found?.trim().slice(start.length) || null;
}
