import express, { type Request, type Response, type Router } from 'express';
import type { ZodType } from 'zod';
import type { DeskRefusal } from '../channels/protocol.ts';
import type { Db } from '../database/database.ts';
import { type Action, isAction, may } from './permissions.ts';
import { REFUSALS } from './refusals.ts';
import { findSession, type SignedIn, sessionToken } from './sessions.ts';

/** The longest body the desk sends; the longest message (4,000 UTF-16 units) is at most 24 KB of escaped JSON. */
const MAX_BODY_BYTES = 32 * 1024;

/** What the handler of a route for everybody gets. `body` is parsed JSON, `{}` when there was none. */
export type PublicCall = { req: Request; res: Response; body: unknown };

/** What the handler of every other route gets: also who asks, already permitted. */
export type Call = PublicCall & { staff: SignedIn };

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
export type MountedRoute = { method: Method; path: string; permission: Action | 'public' };

type Handler<C> = (call: C) => Promise<void> | void;
type Declared =
  | [method: Method, path: string, permission: 'public', handler: Handler<PublicCall>]
  | [method: Method, path: string, permission: Action, handler: Handler<Call>];

/** How each domain mounts its routes on the staff listener. */
export type StaffRouter = {
  route(method: Method, path: string, permission: 'public', handler: Handler<PublicCall>): void;
  route(method: Method, path: string, permission: Action, handler: Handler<Call>): void;
  /** What is mounted, for the test that tries every route as everybody. */
  routes(): MountedRoute[];
  router: Router;
};

/** `now` gives UTC milliseconds; `staffUrl` is the only address whose pages may write. */
export type PermitDeps = { db: Db; now: () => number; trial: boolean; staffUrl: string };

const VERBS = { GET: 'get', POST: 'post', PUT: 'put', DELETE: 'delete' } as const;
const parseJson = express.json({ limit: MAX_BODY_BYTES, inflate: false });

/**
 * Makes the router of the staff listener. In this order a call is checked for: where it comes from, who asks,
 * whether their role may, and a body that can be read; then its handler runs.
 * @throws Error from `route`, at start, when a route declares no permission.
 */
export function staffRouter(deps: PermitDeps): StaffRouter {
  const router = express.Router();
  const mounted: MountedRoute[] = [];
  const origin = new URL(deps.staffUrl).origin;

  function route(...declared: Declared): void {
    const [method, path, permission] = declared;
    if (permission !== 'public' && !isAction(permission)) {
      throw new Error(`The route ${method} ${path} declares no permission, so it cannot be mounted.`);
    }
    mounted.push({ method, path, permission });
    router[VERBS[method]](path, (req, res) => answer(deps, origin, declared, req, res));
  }

  return { route, routes: () => [...mounted], router };
}

async function answer(deps: PermitDeps, origin: string, declared: Declared, req: Request, res: Response) {
  res.set('Cache-Control', 'no-store');
  if (!fromTheDesk(req, origin)) {
    return refuse(res, 'notAllowed', { message: 'This did not come from the desk, so it was refused.' });
  }
  if (declared[2] === 'public') {
    const body = await readJson(req, res);
    return body === null ? undefined : declared[3]({ req, res, body: body.json });
  }
  const token = sessionToken(req.headers.cookie, deps.trial);
  const staff = token === null ? null : await findSession(deps.db, token, deps.now());
  if (staff === null) return refuse(res, 'signInFirst');
  if (!may(staff.roles, declared[2])) return refuse(res, 'notAllowed');
  const body = await readJson(req, res);
  return body === null ? undefined : declared[3]({ req, res, staff, body: body.json });
}

/**
 * A page of another address must not act in a worker's name. SameSite cookies do not see the difference
 * between two ports or two subdomains, so the browser's own word for where a request began is asked
 * (OWASP, Cross-Site Request Forgery Prevention: verifying origin with standard headers).
 */
function fromTheDesk(req: Request, origin: string): boolean {
  const site = req.get('sec-fetch-site') ?? 'same-origin';
  if (site !== 'same-origin' && site !== 'none') return false;
  return isRead(req) || req.get('origin') === origin;
}

function isRead(req: Request): boolean {
  return req.method === 'GET' || req.method === 'HEAD';
}

/** Reads a JSON body; null when it could not be read and the refusal is already sent. */
async function readJson(req: Request, res: Response): Promise<{ json: unknown } | null> {
  if (isRead(req) || isBare(req)) return { json: {} };
  if (!req.is('application/json')) {
    refuse(res, 'malformed', { status: 415, message: 'The desk takes JSON only. Nothing was changed.' });
    return null;
  }
  const failure = await new Promise<unknown>(resolve => parseJson(req, res, resolve));
  if (failure === undefined) return { json: req.body ?? {} };
  const tooLong = failure instanceof Error && 'status' in failure && failure.status === 413;
  if (tooLong) refuse(res, 'malformed', { status: 413, message: 'That is too long. Nothing was changed.' });
  else refuse(res, 'malformed');
  return null;
}

/** A write may have no body at all (DELETE, the beginning of a shift). A form, even an empty one, names its type. */
function isBare(req: Request): boolean {
  const length = req.get('content-length') ?? '0';
  return length === '0' && !req.get('transfer-encoding') && !req.get('content-type');
}

/**
 * Answers a refusal as {@link DeskRefusal}, with the status and sentence of {@link REFUSALS} unless a better
 * one is given.
 */
export function refuse(
  res: Response,
  error: DeskRefusal['error'],
  better: { status?: number; message?: string; owner?: DeskRefusal['owner'] } = {},
): void {
  const usual = REFUSALS[error];
  const refusal: DeskRefusal = { error, message: better.message ?? usual.message };
  if (better.owner !== undefined) refusal.owner = better.owner;
  res.status(better.status ?? usual.status).json(refusal);
}

/** The body in the shape a route expects; null when it is not, and the refusal (400, malformed) is already sent. */
export function readBody<T>(schema: ZodType<T>, { body, res }: PublicCall): T | null {
  const read = schema.safeParse(body);
  if (read.success) return read.data;
  refuse(res, 'malformed');
  return null;
}
