import type { App } from './app.ts';
import { invite } from './staff/invitations.ts';

/** The people of the trial; more can be invited with `cairn staff invite`. */
const TRIAL_WORKER = {
  email: 'sam@example.org',
  name: 'Sam',
  roles: ['worker', 'supervisor', 'manager', 'admin'] as const,
};

/** What `npm start` prints in a trial: where everything is, and a link that signs the first worker in once. */
export async function welcomeToTrial({ run, publicUrl, staffUrl, twilio }: App): Promise<string> {
  const { link } = await invite(run.database.db, {
    ...TRIAL_WORKER,
    roles: [...TRIAL_WORKER.roles],
    now: run.now(),
    staffUrl,
    serviceKey: run.keys.service,
    engine: run.database.engine,
  });
  return [
    '',
    'Cairn is running in trial mode. Nothing here is real: no text leaves this machine, and the words are not approved.',
    '',
    `  the chat that young people see    ${publicUrl}/`,
    `  the desk where workers answer     ${staffUrl}/`,
    ...(twilio ? [`  a pretend phone to text from      ${staffUrl}/phone`] : []),
    '',
    '  Sign in to the desk with this link; it works once:',
    `  ${link}`,
    '',
  ].join('\n');
}
