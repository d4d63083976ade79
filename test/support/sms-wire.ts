import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import express from 'express';
import { pretendPhone } from '../../src/channels/pretend-phone.ts';
import { PRETEND_FROM, startPretendTwilio } from '../../src/channels/pretend-twilio.ts';
import { EMPTY_TWIML, openGateway, type SmsSettings } from '../../src/channels/sms-gateway.ts';

export const ACCOUNT = { accountSid: `AC${'c'.repeat(32)}`, authToken: 'a token for tests' };
export const MAYA = '+447700900001';
export const TOM = '+447700900002';

/** A webhook as our end heard it. */
export type Heard = { path: string; params: Record<string, string>; genuine: boolean };

/**
 * Both ends of the SMS wire and nothing else of the app: the pretend Twilio, and our two webhooks with the real
 * gateway behind them. The clock stands at `clock.now` (UTC ms) until a test moves it;
 * `trouble.status` is what our end answers instead of 200.
 */
export async function openWire() {
  const heard: Heard[] = [];
  const trouble: { status?: number } = {};
  const clock = { now: Date.UTC(2026, 10, 21, 20, 0, 0) };
  const app = express();
  const service = createServer(app).listen(0, '127.0.0.1');
  await once(service, 'listening');
  const publicUrl = `http://localhost:${portOf(service)}`;
  const twilio = await startPretendTwilio({ ...ACCOUNT, publicUrl, now: () => clock.now });
  const gateway = (changes: Partial<SmsSettings> = {}) =>
    openGateway({ ...ACCOUNT, from: PRETEND_FROM, publicUrl, apiUrl: twilio.url, ...changes });
  app.post(['/sms/inbound', '/sms/status'], express.urlencoded({ extended: false }), (request, response) => {
    const path = request.originalUrl;
    const genuine = gateway().genuine(request.get('x-twilio-signature'), path, request.body);
    heard.push({ path, params: request.body, genuine });
    response
      .status(trouble.status ?? (genuine ? 200 : 403))
      .type('text/xml')
      .send(EMPTY_TWIML);
  });
  app.use('/phone', pretendPhone(twilio));
  return {
    twilio,
    publicUrl,
    heard,
    clock,
    trouble,
    gateway,
    async close() {
      await twilio.close();
      service.closeAllConnections();
      service.close();
    },
  };
}

export function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}
