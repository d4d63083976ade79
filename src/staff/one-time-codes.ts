import { Secret, TOTP } from 'otpauth';

/** The kind every authenticator app knows (RFC 6238): six digits, SHA-1, a new code every 30 seconds. */
const PERIOD_S = 30;
const DIGITS = 6;
/** RFC 6238 section 5.2 recommends 160 bits for SHA-1. */
const SECRET_BYTES = 20;
/** A phone's clock may be one step early or late. */
const STEPS_EITHER_SIDE = 1;

/** A secret nobody has, checked when there is no account, so that the work is the same. */
export const NOBODYS_SECRET = new Secret({ buffer: new ArrayBuffer(SECRET_BYTES) }).base32;

/** A new random secret in base32. */
export function newCodeSecret(): string {
  return new Secret({ size: SECRET_BYTES }).base32;
}

/** The `otpauth://` address of a secret, which an authenticator app reads from a QR code. */
export function codeUri(secret: string, email: string): string {
  return generator(secret, email).toString();
}

/**
 * The time step that a code belongs to at `now` (UTC ms), or null when it is not a code of now. Whoever
 * accepts the code must store the step and refuse it from then on (RFC 6238 section 5.2).
 */
export function stepOfCode(secret: string, code: string, now: number): number | null {
  const delta = generator(secret, '').validate({
    token: code.replaceAll(/\s/g, ''),
    timestamp: now,
    window: STEPS_EITHER_SIDE,
  });
  return delta === null ? null : Math.floor(now / 1000 / PERIOD_S) + delta;
}

function generator(secret: string, label: string): TOTP {
  const base = { issuer: 'Cairn', secret: Secret.fromBase32(secret), period: PERIOD_S, digits: DIGITS };
  return new TOTP({ ...base, algorithm: 'SHA1', ...(label && { label }) });
}
