import type { ErrorRequestHandler } from 'express';
import { pretendPhone } from './channels/pretend-phone.ts';
import { PRETEND_FROM, type PretendTwilio, startPretendTwilio } from './channels/pretend-twilio.ts';
import { smsRoutes } from './channels/sms.ts';
import { openGateway, type SmsGateway } from './channels/sms-gateway.ts';
import { chatSocket, type DeskDoorbell, type Doorbell, deskSocket } from './channels/sockets.ts';
import { webRoutes } from './channels/web.ts';
import type { Config, Secrets } from './config.ts';
import { type Content, projectContent } from './content.ts';
import { Outbox } from './conversation/outbox.ts';
import { mountDesk } from './conversation/routes.ts';
import { type Run, startRun } from './conversation/run.ts';
import { startTimers, type Timers } from './conversation/timers.ts';
import { type Db, openDatabase } from './database/database.ts';
import { readApprovals, Unapproved } from './flows/approvals.ts';
import { openBundles } from './flows/store.ts';
import { type Listener, listenerApp, openListener, staticFiles } from './listener.ts';
import { errorFields, type Log } from './log.ts';
import { privacyJson } from './privacy/inventory.ts';
import { openKeys } from './privacy/keys.ts';
import { refuse, type StaffRouter, staffRouter } from './staff/permit.ts';
import { mountStaff } from './staff/routes.ts';
import type { Texts } from './words.ts';

/** How often timer rows and the outbox are looked at; commits look at once. */
const TIMERS_EVERY_MS = 1_000;
const OUTBOX_EVERY_MS = 1_000;
/** The pretend Twilio is on this machine: what it has not answered by then it will not answer. */
const PRETEND_TIMEOUT_MS = 2_000;

export type AppSettings = {
  config: Config;
  secrets: Secrets;
  log: Log;
  /** UTC ms; the tests move it. */
  now?: () => number;
  /** The flows and the words; the project's own by default. */
  content?: Content;
};

export type App = {
  publicUrl: string;
  staffUrl: string;
  run: Run;
  timers: Timers;
  outbox: Outbox | null;
  /** The pretend Twilio of a trial. */
  twilio: PretendTwilio | null;
  routes(): { method: string; path: string; permission: string }[];
  /** Stops taking in, lets what is under way finish, and closes everything. */
  close(): Promise<void>;
};

/** The texts that may be said: never a translation that is not whole, current and approved. @throws Unapproved. */
async function approvedTexts(db: Db, content: Content): Promise<Texts> {
  const { flows, service, translations, texts, riskLanguages } = content;
  const { unapprovedSafety, offered } = await readApprovals(db, flows, service, translations);
  if (unapprovedSafety.length > 0) throw new Unapproved(unapprovedSafety);
  // Nobody is invited to write in a language in which their danger would not be seen.
  const safe = offered.filter(language => riskLanguages.includes(language));
  return Object.fromEntries(Object.entries(texts).filter(([language]) => safe.includes(language)));
}

/**
 * Brings the whole service up: both listeners, timers, outbox and, in a trial, the pretend Twilio. The tests
 * start this same function.
 * @throws FlowProblems, Unapproved, Error when anything that is needed is missing or wrong; nothing is left running then.
 */
export async function createApp(settings: AppSettings): Promise<App> {
  const { config, secrets, log, now = Date.now } = settings;
  const content = settings.content ?? projectContent();
  const closing: (() => Promise<unknown> | unknown)[] = [];
  try {
    const database = opened(
      await openDatabase({ dataDir: config.dataDir, databaseUrl: secrets.databaseUrl }),
    );
    const keys = openKeys(config.keysDir);
    const offered = config.trial ? content.texts : await approvedTexts(database.db, content);
    const bundles = await openBundles(database.db, content, offered, now());
    const run = startRun({
      database,
      keys,
      bundles,
      lexicon: content.lexicon,
      contacts: content.contacts,
      now,
    });
    closing.push(() => run.idle());
    const chat = opened(await openListener(config.port, config.publicUrl));
    const desk = opened(await openListener(config.staffPort, config.staffUrl));

    const { twilio, gateway } = await openTexting(config, secrets, chat.url, now);
    if (twilio) opened(twilio);
    const outbox =
      gateway && new Outbox(run, gateway, OUTBOX_EVERY_MS, error => log('textFailed', errorFields(error)));
    if (outbox) closing.push(() => outbox.stop());
    const timers = startTimers(run, TIMERS_EVERY_MS, error => log('timerFailed', errorFields(error)));
    closing.push(() => timers.stop());

    const parts: Parts = { config, run, log, gateway, outbox, twilio };
    servePublic(parts, chat, opened(chatSocket(chat.http, chat.origin, { run, trial: config.trial, log })));
    const router = serveStaff(
      parts,
      desk,
      opened(deskSocket(desk.http, desk.origin, { run, trial: config.trial, log })),
    );
    return {
      publicUrl: chat.url,
      staffUrl: desk.url,
      run,
      timers,
      outbox,
      twilio,
      routes: () => router.routes(),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }

  function opened<T extends { close(): Promise<unknown> }>(part: T): T {
    closing.push(() => part.close());
    return part;
  }

  /** In the opposite order of opening, so that nothing is closed that something still uses. */
  async function close(): Promise<void> {
    for (let end = closing.pop(); end; end = closing.pop()) await end();
  }
}

type Parts = {
  config: Config;
  run: Run;
  log: Log;
  gateway: SmsGateway | null;
  outbox: Outbox | null;
  twilio: PretendTwilio | null;
};

/** The public listener: the chat, Twilio's webhooks, and what anybody may know. */
function servePublic(
  { config, run, log, gateway, outbox }: Parts,
  listener: Listener,
  doorbell: Doorbell,
): void {
  const app = listenerApp(listener.url);
  app.use(staticFiles('chat'));
  app.get('/health', async (_req, res) => {
    await run.database.db.selectFrom('bundle').select('hash').limit(1).execute();
    res.json({ ok: true });
  });
  app.get('/privacy.json', (_req, res) => void res.json(privacyJson()));
  if (gateway && outbox) app.use(smsRoutes({ run, gateway, outbox, log }));
  const { trial, exitUrl } = config;
  app.use(
    webRoutes({
      run,
      trial,
      publicUrl: listener.url,
      exitUrl,
      log,
      onExit: token => doorbell.endVisit(token),
    }),
  );
  listener.serve(app);
}

/** The staff listener: the desk and its API; in a trial the pretend phone too. */
function serveStaff(
  { config, run, log, twilio }: Parts,
  listener: Listener,
  doorbell: DeskDoorbell,
): StaffRouter {
  const { database, keys, now } = run;
  const app = listenerApp(listener.url);
  const router = staffRouter({ db: database.db, now, trial: config.trial, staffUrl: listener.url });
  mountStaff(router, {
    db: database.db,
    engine: database.engine,
    serviceKey: keys.service,
    now,
    trial: config.trial,
    staffUrl: listener.url,
    onSessionEnded: id => doorbell.endSession(id),
    onDutyChanged: () => doorbell.ring(),
  });
  mountDesk(router, { run, log });
  if (twilio) app.use('/phone', pretendPhone(twilio));
  app.use(router.router);
  app.use(staticFiles('desk'));
  app.use((_req, res) => refuse(res, 'notFound'));
  app.use(failed(log));
  listener.serve(app);
  return router;
}

/** What no route expected: no stack, no detail. */
function failed(log: Log): ErrorRequestHandler {
  return (error, _req, res, next) => {
    log('requestFailed', errorFields(error));
    if (res.headersSent) next(error);
    else refuse(res, 'notSaved');
  };
}

async function openTexting(
  config: Config,
  secrets: Secrets,
  publicUrl: string,
  now: () => number,
): Promise<{ twilio: PretendTwilio | null; gateway: SmsGateway | null }> {
  if (config.sms === 'off') return { twilio: null, gateway: null };
  if (config.sms !== 'pretend') {
    const { accountSid, from } = config.sms;
    return {
      twilio: null,
      gateway: openGateway({ accountSid, authToken: secrets.twilioAuthToken ?? '', from, publicUrl }),
    };
  }
  // A pretend account; its token is known to nobody but this process.
  const accountSid = `AC${'0'.repeat(32)}`;
  const authToken = crypto.randomUUID();
  const twilio = await startPretendTwilio({ accountSid, authToken, publicUrl, now });
  return {
    twilio,
    gateway: openGateway({
      accountSid,
      authToken,
      from: PRETEND_FROM,
      publicUrl,
      apiUrl: twilio.url,
      timeoutMs: PRETEND_TIMEOUT_MS,
    }),
  };
}
