import { existsSync } from 'node:fs';
import { createApp } from './app.ts';
import { ConfigProblems, readConfig } from './config.ts';
import { Unapproved } from './flows/approvals.ts';
import { FlowProblems } from './flows/store.ts';
import { errorFields, openLog } from './log.ts';
import { welcomeToTrial } from './trial.ts';

/** Starts Cairn from the environment (and a `.env` file, if there is one), and stops it in order. */
async function main(): Promise<void> {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const { config, secrets } = readConfig(process.env);
  const log = openLog();
  // Nobody should be able to find words in a core file or a heap picture (security.md CR-17).
  process.umask(0o077);
  const app = await createApp({ config, secrets, log });
  log('started', { trial: config.trial, engine: app.run.database.engine });
  if (config.trial) console.log(await welcomeToTrial(app));
  else console.log(`Chat ${app.publicUrl}\nDesk ${app.staffUrl}`);

  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    log('stopping');
    await app.close();
    log('stopped');
    // Nothing is under way any more; a connection that somebody forgot must not keep the process.
    process.exit(0);
  };
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());
  // Better to stop than to go on in a state that nobody knows; whatever was acknowledged is on disk.
  process.on('uncaughtException', error => {
    log('crashed', errorFields(error));
    process.exit(1);
  });
}

main().catch(error => {
  const expected =
    error instanceof ConfigProblems || error instanceof FlowProblems || error instanceof Unapproved;
  const inUse = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
  if (inUse)
    console.error('Another program uses this port. Set PORT and STAFF_PORT to others, or stop that program.');
  else if (error instanceof FlowProblems)
    console.error(`Cairn cannot start. These files must be put right first:\n${error.message}`);
  else console.error(expected ? error.message : error);
  process.exit(1);
});
