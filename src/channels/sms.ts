import express, { type Request, type Response, type Router } from 'express';
import type { Outbox } from '../conversation/outbox.ts';
import type { Run } from '../conversation/run.ts';
import { errorFields, type Log } from '../log.ts';
import { EMPTY_TWIML, parseInbound, parseStatus, type SmsGateway } from './sms-gateway.ts';

/** Twilio's forms are small: a text of 1,600 characters and about thirty fields. */
const MAX_BODY = '64kb';

export type SmsDeps = { run: Run; gateway: SmsGateway; outbox: Outbox; log: Log };

/**
 * Twilio's webhooks. A text is answered, with empty TwiML, only after it is committed: on anything else Twilio
 * tries its fallback, and the MessageSid tells us that it is the same text.
 */
export function smsRoutes({ run, gateway, outbox, log }: SmsDeps): Router {
  const router = express.Router();
  const form = express.urlencoded({ extended: false, limit: MAX_BODY, parameterLimit: 100 });

  router.post('/sms/inbound', form, async (req, res) => {
    const params = genuineParams(req, res);
    if (!params) return;
    const text = parseInbound(params);
    if (!text) return void res.sendStatus(400);
    try {
      await run.submit({
        to: { kind: 'phone', value: text.from },
        event: {
          type: 'replied',
          text: text.body,
          choice: null,
          clientId: null,
          providerId: text.messageSid,
        },
      });
    } catch (error) {
      log('notSaved', errorFields(error));
      return void res.sendStatus(503);
    }
    res.type('text/xml').send(EMPTY_TWIML);
  });

  router.post('/sms/status', form, async (req, res) => {
    const params = genuineParams(req, res);
    if (!params) return;
    const status = parseStatus(params);
    const id = req.query.outbox;
    if (!status || typeof id !== 'string') return void res.sendStatus(400);
    await outbox.heard(id, status);
    res.sendStatus(204);
  });
  return router;

  /** The form, if Twilio signed it for our configured address; otherwise 403 is already sent. */
  function genuineParams(req: Request, res: Response): Record<string, string> | null {
    const body: unknown = req.body;
    const fields = typeof body === 'object' && body !== null ? Object.entries(body) : [];
    const params = Object.fromEntries(
      fields.flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
    );
    if (gateway.genuine(req.get('x-twilio-signature'), req.originalUrl, params)) return params;
    res.sendStatus(403);
    return null;
  }
}
