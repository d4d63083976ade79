import { randomUUID } from 'node:crypto';
import express, { type ErrorRequestHandler, type Request, type Response, type Router } from 'express';
import { z } from 'zod';
import { type PAGE_WORDS, type PageWords, renderNotice, renderPage } from '../browser/chat/page.ts';
import type { Run } from '../conversation/run.ts';
import { errorFields, type Log } from '../log.ts';
import { directionOf, SOURCE_LANGUAGE } from '../words.ts';
import {
  type Choice,
  type EventsAnswer,
  MAX_TEXT,
  type Sent,
  type SentAnswer,
  type SentRefusal,
} from './protocol.ts';
import { receive, serviceLine } from './receive.ts';
import { endVisitCookie, newVisit, visitOf, visitToken } from './visit.ts';

/** The longest body: 4,000 characters, each written as up to nine bytes in a form, and the other fields. */
const MAX_BODY = '48kb';

/** What a message from the page may hold, and nothing else. Too long is answered by itself. */
export const sentSchema = z
  .strictObject({
    client_id: z.string().regex(/^[\w.:-]{1,64}$/),
    text: z.string().optional(),
    choice: z.string().max(200).optional(),
  })
  .refine(sent => (sent.text === undefined) !== (sent.choice === undefined));

export type WebDeps = {
  run: Run;
  trial: boolean;
  publicUrl: string;
  exitUrl: string;
  log: Log;
  /** Told after an exit, so that the visit's sockets close. */
  onExit(token: string): void;
};

const STATUS: Record<SentRefusal, number> = {
  tooLong: 413,
  empty: 400,
  malformed: 400,
  notSaved: 503,
  ended: 401,
  clientIdReused: 409,
};

/** The young person's side: the page, sending, what is new, and the exit. Works without JavaScript. */
export function webRoutes(deps: WebDeps): Router {
  const { run, trial } = deps;
  const router = express.Router();
  const forms = express.urlencoded({ extended: false, limit: MAX_BODY, parameterLimit: 10 });
  const json = express.json({ limit: MAX_BODY, strict: true });

  router.get('/', async (req, res) => {
    await showPage(deps, req, res, visitOf(req, res, trial));
  });

  router.post('/messages', sameOrigin(deps), json, forms, async (req, res) => {
    let token = visitOf(req, res, trial);
    const sent = readSent(req);
    if ('refused' in sent) return refuse(deps, req, res, token, sent.refused);
    const language = languageOf(req, run);
    let answer = await receive(run, token, sent, deps.log, language);
    // That visit is over (an exit in another tab, or a closed chat): this message begins a new one.
    if (!answer.ok && answer.error === 'ended') {
      token = newVisit(res, trial);
      answer = await receive(run, token, sent, deps.log, language);
    }
    if (!answer.ok) return refuse(deps, req, res, token, answer.error);
    if (answer.leave) {
      await endVisit(deps, res, token);
      if (!wantsJson(req)) return leave(deps, req, res);
    }
    if (wantsJson(req)) return res.json(answer satisfies SentAnswer);
    res.redirect(303, '/');
  });

  router.get('/events', async (req, res) => {
    const after = z.coerce
      .number()
      .int()
      .min(0)
      .safeParse(req.query.after ?? 0);
    if (!after.success) return refuse(deps, req, res, null, 'malformed');
    const token = visitToken(req.headers.cookie, trial);
    const answer = token ? await run.visitedLines(token, after.data) : null;
    if (!answer) return refuse(deps, req, res, null, 'ended');
    const { severity, ...shown } = answer;
    res.json((trial ? { ...shown, severity } : shown) satisfies EventsAnswer);
  });

  router.all('/exit', async (req, res) => {
    const token = visitToken(req.headers.cookie, trial);
    endVisitCookie(res, trial);
    if (token) await endVisit(deps, res, token);
    if (req.method === 'POST') return leave(deps, req, res);
    res.set('Clear-Site-Data', FORGET).redirect(302, deps.exitUrl);
  });

  router.use((req, res) => {
    const language = languageOf(req, run);
    const title = serviceLine(run, 'page.notFound', {}, language);
    res.status(404).send(smallPage(deps, language, title, { backHref: '/' }));
  });
  router.use(failed(deps));
  return router;
}

/** Not "cookies": the desk may be open in the same browser, and its cookie is not ours to take. */
const FORGET = '"cache", "storage"';

/** The way out for a form. A redirect would be refused: a form of ours may lead to nowhere but ourselves. */
function leave(deps: WebDeps, req: Request, res: Response): void {
  res
    .set('Clear-Site-Data', FORGET)
    .type('html')
    .send(smallPage(deps, languageOf(req, deps.run), '', { forwardHref: deps.exitUrl }));
}

/** Ends the visit. The way out must not depend on the database: what fails here is only logged. */
async function endVisit({ run, log, onExit, trial }: WebDeps, res: Response, token: string): Promise<void> {
  endVisitCookie(res, trial);
  onExit(token);
  try {
    await run.submit({ to: { kind: 'web', value: token }, event: { type: 'left' } });
  } catch (error) {
    log('notSaved', errorFields(error));
  }
}

function readSent(req: Request): Sent | { refused: SentRefusal } {
  if (!req.is('application/json') && !req.is('application/x-www-form-urlencoded'))
    return { refused: 'malformed' };
  const read = sentSchema.safeParse(req.body);
  if (!read.success) return { refused: 'malformed' };
  const { client_id, text, choice } = read.data;
  if (choice !== undefined) return { client_id, choice };
  if (text === undefined || text.trim() === '') return { refused: 'empty' };
  // A form sends every line break as two characters.
  const plain = text.replaceAll('\r\n', '\n');
  return plain.length > MAX_TEXT ? { refused: 'tooLong' } : { client_id, text: plain };
}

function wantsJson(req: Request): boolean {
  return req.is('application/json') !== false || req.accepts(['html', 'json']) === 'json';
}

/** Says no: as JSON to the script; without JavaScript on the page itself, with the words given back. */
async function refuse(
  deps: WebDeps,
  req: Request,
  res: Response,
  token: string | null,
  error: SentRefusal,
): Promise<void> {
  const message = sentence(deps, error, languageOf(req, deps.run));
  res.status(
    error === 'malformed' &&
      !req.is('application/json') &&
      !req.is('application/x-www-form-urlencoded') &&
      req.method === 'POST'
      ? 415
      : STATUS[error],
  );
  if (wantsJson(req) || token === null)
    return void res.json({ ok: false, error, message } satisfies SentAnswer);
  const given: unknown = req.body?.text;
  await showPage(deps, req, res, token, message, typeof given === 'string' ? given : undefined);
}

function sentence({ run }: WebDeps, error: SentRefusal, language: string): string {
  if (error === 'tooLong') return serviceLine(run, 'tooLong', { max: MAX_TEXT }, language);
  if (error === 'notSaved') return serviceLine(run, 'page.notSent', {}, language);
  if (error === 'ended') return serviceLine(run, 'page.ended', {}, language);
  return serviceLine(run, error, {}, language);
}

/** The offered language that the browser likes best. A conversation, once begun, keeps its own. */
function languageOf(req: Request, { bundles }: Run): string {
  const offered = bundles.live.words.languages;
  return req.acceptsLanguages(offered) || SOURCE_LANGUAGE;
}

async function showPage(
  deps: WebDeps,
  req: Request,
  res: Response,
  token: string,
  message?: string,
  draft?: string,
): Promise<void> {
  const answer = await deps.run.visitedLines(token, 0).catch(error => {
    // The database cannot be read: the page, the box and the numbers must still be there.
    deps.log('requestFailed', errorFields(error));
    return null;
  });
  const language = answer?.language ?? languageOf(req, deps.run);
  res.type('html').send(
    renderPage({
      language,
      direction: directionOf(language),
      languages: otherLanguages(deps, language),
      events: answer?.events ?? [],
      state: answer?.state ?? 'bot',
      clientId: randomUUID(),
      choiceClientId: randomUUID(),
      words: pageWords(deps, language),
      started: answer !== null,
      ...(message !== undefined && { notice: message }),
      ...(draft !== undefined && { draft }),
    }),
  );
}

/** A page that only says something, or leads away. */
function smallPage(
  deps: WebDeps,
  language: string,
  title: string,
  way: { backHref: string } | { forwardHref: string },
): string {
  const words = pageWords(deps, language);
  return renderNotice({ language, direction: directionOf(language), words, title, lines: [], ...way });
}

/** The other languages that are offered, each under its own name. */
function otherLanguages({ run }: WebDeps, language: string): Choice[] {
  const { words } = run.bundles.live;
  return words.languages
    .filter(other => other !== language)
    .map(other => ({ value: `language.${other}`, label: serviceLine(run, 'language.name', {}, other) }));
}

function pageWords(deps: WebDeps, language: string): PageWords {
  const read = (key: (typeof PAGE_WORDS)[number]) => serviceLine(deps.run, `page.${key}`, {}, language);
  return {
    title: read('title'),
    intro: read('intro'),
    start: read('start'),
    log: read('log'),
    choices: read('choices'),
    message: read('message'),
    send: read('send'),
    exit: read('exit'),
    checkNew: read('checkNew'),
    skipLink: read('skipLink'),
    noScript: read('noScript'),
    you: read('you'),
    bot: read('bot'),
    worker: read('worker'),
    service: read('service'),
    ended: read('ended'),
    startAgain: read('startAgain'),
    sending: read('sending'),
    sent: read('sent'),
    notSent: read('notSent'),
    notSentYet: read('notSentYet'),
    tryAgain: read('tryAgain'),
    offline: read('offline'),
    back: read('back'),
    languages: read('languages'),
    tooLong: serviceLine(deps.run, 'tooLong', { max: MAX_TEXT }, language),
  };
}

/**
 * Refuses what another website sends in a visitor's name. Our pages send no referrer, so a form of ours comes with
 * `Origin: null`; the browser's own `Sec-Fetch-Site` tells it apart, and the cookie is SameSite=Strict besides.
 */
function sameOrigin({ publicUrl }: WebDeps) {
  const own = new URL(publicUrl).origin;
  return (req: Request, res: Response, next: () => void) => {
    const site = req.get('sec-fetch-site');
    const origin = req.get('origin');
    const foreign =
      site === undefined
        ? origin !== undefined && origin !== own && origin !== 'null'
        : site !== 'same-origin' && site !== 'none';
    if (foreign) res.status(403).json({ ok: false, error: 'malformed', message: 'Refused.' });
    else next();
  };
}

/** Whatever else goes wrong: no stack, no detail, and the numbers that answer now. */
function failed(deps: WebDeps): ErrorRequestHandler {
  return (error, req, res, next) => {
    if (res.headersSent) return next(error);
    const status =
      typeof error?.status === 'number' && error.status >= 400 && error.status < 500 ? error.status : 500;
    if (status >= 500) deps.log('requestFailed', errorFields(error));
    const refusal: SentRefusal = status === 413 ? 'tooLong' : status < 500 ? 'malformed' : 'notSaved';
    const language = languageOf(req, deps.run);
    const message = sentence(deps, refusal, language);
    res.status(status);
    if (wantsJson(req)) return void res.json({ ok: false, error: refusal, message } satisfies SentAnswer);
    const title = status >= 500 ? serviceLine(deps.run, 'page.wrong', {}, language) : message;
    res.type('html').send(smallPage(deps, language, title, { backHref: '/' }));
  };
}
