import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../src/app.ts';
import { ConfigProblems, listSettings, readConfig } from '../src/config.ts';
import { readContent } from '../src/content.ts';
import { FlowProblems } from '../src/flows/store.ts';
import { openLog } from '../src/log.ts';

const ROOT = join(import.meta.dirname, '..');

/** All that production needs, and nothing else. The number is one of Ofcom's for drama. */
const LIVE = {
  NODE_ENV: 'production',
  PUBLIC_URL: 'https://chat.example',
  STAFF_URL: 'https://desk.example',
  DATA_DIR: 'somewhere/data',
  KEYS_DIR: 'somewhere/keys',
  TWILIO_ACCOUNT_SID: `AC${'c'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'a hidden token for tests',
  TWILIO_FROM: '+447700900000',
};

/** Every problem there is with an environment. */
function problemsOf(env: Record<string, string | undefined>): string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigProblems) return error.problems;
    throw error;
  }
  return [];
}

describe('the settings', () => {
  test('[CONF-1] none at all is a trial, with everything inside its own folder and nothing real', () => {
    expect(readConfig({})).toEqual({
      config: {
        trial: true,
        port: 3000,
        staffPort: 3001,
        publicUrl: null,
        staffUrl: null,
        dataDir: resolve('data'),
        keysDir: resolve('data/keys'),
        exitUrl: 'https://www.bbc.co.uk/weather',
        sms: 'pretend',
      },
      secrets: { databaseUrl: null, twilioAuthToken: null },
    });
    // Only the very word makes it live.
    expect(readConfig({ NODE_ENV: 'test' }).config.trial).toBe(true);
    expect(readConfig({ PORT: '  ', KEYS_DIR: '' }).config).toEqual(readConfig({}).config);
  });

  test('[CONF-2] production with nothing set names everything that is missing, at once', () => {
    const problems = problemsOf({ NODE_ENV: 'production' });
    const names = problems.map(problem => problem.split(' ')[0]);
    expect(names.sort()).toEqual([
      'KEYS_DIR',
      'PUBLIC_URL',
      'STAFF_URL',
      'TWILIO_ACCOUNT_SID',
      'TWILIO_AUTH_TOKEN',
      'TWILIO_FROM',
    ]);
  });

  test('[CONF-2] production with all of it set starts, and without texting too', () => {
    expect(readConfig(LIVE).config).toMatchObject({
      trial: false,
      publicUrl: 'https://chat.example',
      staffUrl: 'https://desk.example',
      keysDir: resolve('somewhere/keys'),
      sms: { accountSid: LIVE.TWILIO_ACCOUNT_SID, from: '+447700900000' },
    });
    const { NODE_ENV, PUBLIC_URL, STAFF_URL, KEYS_DIR } = LIVE;
    expect(readConfig({ NODE_ENV, PUBLIC_URL, STAFF_URL, KEYS_DIR, SMS: 'off' }).config.sms).toBe('off');
  });

  test.each<[string, Record<string, string | undefined>, RegExp]>([
    ['a port that is no number', { PORT: 'three' }, /^PORT is "three"/],
    ['a port that there is not', { STAFF_PORT: '65536' }, /^STAFF_PORT is "65536"/],
    ['a port with a sign', { PORT: '-1' }, /^PORT is "-1"/],
    ['one port for both', { PORT: '4000', STAFF_PORT: '4000' }, /PORT and STAFF_PORT are the same/],
    ['one port for both, by default', { STAFF_PORT: '3000' }, /PORT and STAFF_PORT are the same/],
    ['an address that is none', { PUBLIC_URL: 'chat.example' }, /^PUBLIC_URL must be a web address/],
    ['an address of another kind', { STAFF_URL: 'ftp://desk.example' }, /^STAFF_URL must be a web address/],
    ['an exit that leads nowhere', { EXIT_URL: 'weather' }, /^EXIT_URL must be a web address/],
    ['an exit by script', { EXIT_URL: 'javascript:alert(1)' }, /^EXIT_URL must be a web address/],
    ['an open line', { ...LIVE, PUBLIC_URL: 'http://chat.example' }, /^PUBLIC_URL must begin with https/],
    ['an open line to the desk', { ...LIVE, STAFF_URL: 'http://desk.example' }, /^STAFF_URL must begin with/],
    ['one address for both', { ...LIVE, STAFF_URL: 'https://chat.example/' }, /are the same/],
    ['keys inside the data', { ...LIVE, KEYS_DIR: 'somewhere/data/keys' }, /^KEYS_DIR is inside DATA_DIR/],
    ['keys where the data are', { ...LIVE, KEYS_DIR: 'somewhere/data' }, /^KEYS_DIR is inside DATA_DIR/],
    [
      'keys inside the data, by a detour',
      { ...LIVE, KEYS_DIR: 'elsewhere/../somewhere/data/./k' },
      /^KEYS_DIR is inside/,
    ],
    ['a number without its country', { ...LIVE, TWILIO_FROM: '07700900000' }, /^TWILIO_FROM must be/],
    ['a number with spaces', { ...LIVE, TWILIO_FROM: '+44 7700 900000' }, /^TWILIO_FROM must be/],
    ['half of Twilio', { ...LIVE, TWILIO_AUTH_TOKEN: undefined }, /^TWILIO_AUTH_TOKEN is missing/],
    [
      'half of Twilio in a trial',
      { PUBLIC_URL: 'https://chat.example', TWILIO_FROM: '+447700900000', TWILIO_AUTH_TOKEN: 'x' },
      /^TWILIO_ACCOUNT_SID is missing\.$/,
    ],
    [
      'Twilio in a trial that it cannot reach',
      { ...LIVE, NODE_ENV: undefined, PUBLIC_URL: undefined },
      /^PUBLIC_URL is missing: Twilio must be able to reach/,
    ],
  ])('[CONF-3] %s is refused, and nothing else is', (_, env, problem) => {
    expect(problemsOf(env)).toEqual([expect.stringMatching(problem)]);
  });

  test('[CONF-3] what is only near to wrong is taken', () => {
    expect(problemsOf({ ...LIVE, KEYS_DIR: 'somewhere/data-keys' })).toEqual([]);
    expect(problemsOf({ PORT: '0', STAFF_PORT: '0' })).toEqual([]);
    expect(problemsOf({ KEYS_DIR: 'data/keys' })).toEqual([]);
  });

  test('[CONF-4] every wrong thing is named at once', () => {
    const wrong = { ...LIVE, PORT: 'x', STAFF_URL: undefined, KEYS_DIR: undefined, TWILIO_FROM: '1' };
    expect(problemsOf(wrong)).toHaveLength(4);
  });

  test('[CONF-5] secrets are apart: neither the settings nor their list nor a problem holds one', () => {
    const env = { ...LIVE, DATABASE_URL: 'postgres://cairn:a-hidden-password@db.example/cairn' };
    const { config, secrets } = readConfig(env);
    expect(secrets).toEqual({ databaseUrl: env.DATABASE_URL, twilioAuthToken: env.TWILIO_AUTH_TOKEN });
    const listed = listSettings(env);
    const problems = problemsOf({ ...env, PORT: 'x', KEYS_DIR: undefined });
    expect(problems).toHaveLength(2);
    expect(JSON.stringify({ config, listed, problems })).not.toMatch(/hidden/);
    expect(listed.filter(({ value }) => value === '(set)').map(({ name }) => name)).toEqual([
      'DATABASE_URL',
      'TWILIO_AUTH_TOKEN',
    ]);
  });

  test('[CONF-6] the list says of each setting where it came from', () => {
    const sources = Object.fromEntries(
      listSettings({ PORT: '4000', SMS: ' ' }).map(({ name, value, source }) => [name, `${source} ${value}`]),
    );
    expect(sources).toMatchObject({
      PORT: 'environment 4000',
      STAFF_PORT: 'default 3001',
      SMS: 'missing ',
      TWILIO_AUTH_TOKEN: 'missing ',
    });
    expect(Object.keys(sources)).toEqual(expect.arrayContaining(Object.keys(LIVE)));
  });
});

describe('starting', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'cairn-config-'));
  });
  afterAll(() => rmSync(dir, { recursive: true }));
  async function start(flowsDir: string) {
    const settings = readConfig({ DATA_DIR: join(dir, 'data'), PORT: '0', STAFF_PORT: '0' });
    return createApp({
      ...settings,
      log: openLog('silent'),
      content: readContent(flowsDir, join(ROOT, 'locales')),
    });
  }

  test('[CONF-7] `node src/main.ts` in production with nothing set says what is missing and ends with 1', async () => {
    const main = spawn(process.execPath, [join(ROOT, 'src', 'main.ts')], {
      cwd: dir,
      env: { NODE_ENV: 'production' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let said = '';
    main.stdout.on('data', data => (out += data));
    main.stderr.on('data', data => (said += data));
    expect(await once(main, 'close')).toEqual([1, null]);
    for (const problem of problemsOf({ NODE_ENV: 'production' })) expect(said).toContain(problem);
    expect(said).toMatch(/^Cairn cannot start:\n/);
    expect(said).not.toMatch(/\bat .*\.ts:/);
    expect(out).toBe('');
  });

  test('[CONF-8] a flow file with a mistake stops the start, with its file and line; nothing is left running', async () => {
    const flowsDir = join(dir, 'flows');
    cpSync(join(ROOT, 'flows'), flowsDir, { recursive: true });
    const source = readFileSync(join(flowsDir, 'refuge.yaml'), 'utf8');
    const line = source.split('\n').findIndex(text => text.includes('do: contacts.open')) + 1;
    expect(line).toBeGreaterThan(1);
    writeFileSync(join(flowsDir, 'refuge.yaml'), source.replace('do: contacts.open', 'do: contacts.shut'));

    await expect(start(flowsDir)).rejects.toThrow(FlowProblems);
    await expect(start(flowsDir)).rejects.toThrow(`flows/refuge.yaml:${line}  There is no action`);
    // It is put right, and starts on the same ground.
    writeFileSync(join(flowsDir, 'refuge.yaml'), source);
    const app = await start(flowsDir);
    await app.close();
  });

  test('[CONF-8] mistakes in several files are told at once', async () => {
    const flowsDir = join(dir, 'more-flows');
    mkdirSync(flowsDir);
    for (const name of ['welcome', 'emergency']) {
      const source = readFileSync(join(ROOT, 'flows', `${name}.yaml`), 'utf8');
      writeFileSync(join(flowsDir, `${name}.yaml`), `${source}\nnonsense: 1\n`);
    }
    const problems: unknown = await start(flowsDir).catch(error => error.problems);
    expect(problems).toEqual(
      ['emergency', 'welcome'].map(name =>
        expect.objectContaining({ file: `flows/${name}.yaml`, message: expect.stringContaining('nonsense') }),
      ),
    );
  });
});
