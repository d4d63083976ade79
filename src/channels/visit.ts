import { randomBytes } from 'node:crypto';
import type { Request, Response } from 'express';
import { cookieNamed } from '../cookies.ts';

/**
 * A visit by web: a random token in a session cookie, found again by its keyed hash. It is no account: closing
 * the browser or pressing exit ends it, and nothing of it can be opened without it.
 */

const TOKEN_BYTES = 32;

/** `__Host-` ties the cookie to this very host and to TLS. The name says nothing about the service. */
function cookieName(trial: boolean): string {
  return trial ? 'chat' : '__Host-chat';
}

const options = (trial: boolean) =>
  ({ httpOnly: true, sameSite: 'strict', secure: !trial, path: '/' }) as const;

/** The token of a visit from a Cookie header, or null. */
export function visitToken(cookieHeader: string | undefined, trial: boolean): string | null {
  const token = cookieNamed(cookieHeader, cookieName(trial)) ?? '';
  return /^[\w-]{43}$/.test(token) ? token : null;
}

/** The visit's token; a browser without one gets one. No conversation begins by this. */
export function visitOf(req: Request, res: Response, trial: boolean): string {
  return visitToken(req.headers.cookie, trial) ?? newVisit(res, trial);
}

/** Begins a visit: a new random token, in the cookie of the answer. */
export function newVisit(res: Response, trial: boolean): string {
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  res.cookie(cookieName(trial), token, options(trial));
  return token;
}

/** Takes back this listener's cookie and no other. */
export function endVisitCookie(res: Response, trial: boolean): void {
  res.clearCookie(cookieName(trial), options(trial));
}
