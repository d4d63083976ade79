import { resolve, sep } from 'node:path';

/** Everything that can be set, read once. Holds no secret, so that it may be shown. `null` is off. */
export type Config = {
  /** Trial mode: an embedded world that is safe to play in, and nothing real behind it. */
  trial: boolean;
  port: number;
  staffPort: number;
  /** Null in a trial without the setting: then it is what the listener got. */
  publicUrl: string | null;
  staffUrl: string | null;
  dataDir: string;
  keysDir: string;
  /** Where the exit leads: a page that is the same for everybody. */
  exitUrl: string;
  sms: 'pretend' | 'off' | { accountSid: string; from: string };
};

export type Secrets = { databaseUrl: string | null; twilioAuthToken: string | null };

export type Setting = {
  name: string;
  value: string;
  source: 'environment' | 'default' | 'missing';
  what: string;
};

/** Settings that are missing or wrong, all of them. */
export class ConfigProblems extends Error {
  readonly problems: string[];
  constructor(problems: string[]) {
    super(`Cairn cannot start:\n${problems.map(problem => `  - ${problem}`).join('\n')}`);
    this.name = 'ConfigProblems';
    this.problems = problems;
  }
}

type Known = { fallback: string | null; secret?: true; what: string };

/** A page of general interest that looks the same to everybody (the default of GOV.UK's exit component). */
const EXIT_URL = 'https://www.bbc.co.uk/weather';

const SETTINGS: Record<string, Known> = {
  NODE_ENV: { fallback: null, what: '"production" assumes nothing unsafe; otherwise trial mode' },
  PORT: { fallback: '3000', what: 'where young people reach the chat and Twilio its webhooks' },
  STAFF_PORT: { fallback: '3001', what: 'where staff reach the desk' },
  PUBLIC_URL: { fallback: null, what: 'the address of the chat, as browsers and Twilio see it' },
  STAFF_URL: { fallback: null, what: 'the address of the desk, as browsers see it' },
  DATA_DIR: { fallback: 'data', what: 'the folder of the embedded database' },
  KEYS_DIR: {
    fallback: null,
    what: 'the folder of the keys; in production outside DATA_DIR and its backups',
  },
  DATABASE_URL: { fallback: null, secret: true, what: 'PostgreSQL, instead of the embedded database' },
  EXIT_URL: { fallback: EXIT_URL, what: 'where the exit leads' },
  SMS: { fallback: null, what: '"off" runs without text messages' },
  TWILIO_ACCOUNT_SID: { fallback: null, what: 'Twilio account' },
  TWILIO_AUTH_TOKEN: {
    fallback: null,
    secret: true,
    what: 'Twilio token; also checks that webhooks are genuine',
  },
  TWILIO_FROM: { fallback: null, what: 'the number that texts come from, as +44…' },
};

type Environment = Record<string, string | undefined>;

/**
 * Reads the environment.
 * @throws ConfigProblems with every problem at once. In production nothing unsafe is assumed.
 */
export function readConfig(env: Environment): { config: Config; secrets: Secrets } {
  const problems: string[] = [];
  const get = (name: string) => env[name]?.trim() || (SETTINGS[name]?.fallback ?? null);
  const trial = get('NODE_ENV') !== 'production';
  const port = readPort('PORT');
  const staffPort = readPort('STAFF_PORT');
  if (port === staffPort && port !== 0)
    problems.push('PORT and STAFF_PORT are the same; the chat and the desk must be apart.');
  const dataDir = resolve(get('DATA_DIR') ?? 'data');
  const keysDir = readKeysDir(dataDir);
  const publicUrl = withoutSlash(readUrl('PUBLIC_URL'));
  const staffUrl = withoutSlash(readUrl('STAFF_URL'));
  if (publicUrl && publicUrl === staffUrl)
    problems.push('PUBLIC_URL and STAFF_URL are the same; the desk needs an address of its own.');
  const exitUrl = readUrl('EXIT_URL') ?? EXIT_URL;
  const sms = readSms();
  if (problems.length > 0) throw new ConfigProblems(problems);
  const config = { trial, port, staffPort, publicUrl, staffUrl, dataDir, keysDir, exitUrl, sms };
  return { config, secrets: { databaseUrl: get('DATABASE_URL'), twilioAuthToken: get('TWILIO_AUTH_TOKEN') } };

  function readPort(name: string): number {
    const value = get(name) ?? '';
    const number = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN;
    if (!(number <= 65_535)) problems.push(`${name} is "${value}", but must be a number from 0 to 65535.`);
    return number;
  }

  function readUrl(name: string): string | null {
    const value = get(name);
    if (value === null) {
      if (!trial) problems.push(`${name} is missing.`);
      return null;
    }
    const url = URL.parse(value);
    if (!url || !['http:', 'https:'].includes(url.protocol))
      problems.push(`${name} must be a web address, such as https://chat.example.org.`);
    else if (!trial && url.protocol !== 'https:')
      problems.push(`${name} must begin with https:// in production.`);
    return value;
  }

  function readKeysDir(data: string): string {
    const value = get('KEYS_DIR');
    if (value === null && !trial)
      problems.push('KEYS_DIR is missing. Keys must not lie beside the data that they open.');
    const keys = resolve(value ?? `${data}/keys`);
    if (!trial && value !== null && `${keys}${sep}`.startsWith(`${data}${sep}`))
      problems.push('KEYS_DIR is inside DATA_DIR. A copy of the data would hold its own keys.');
    return keys;
  }

  function readSms(): Config['sms'] {
    const names = ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_FROM'] as const;
    const missing = names.filter(name => get(name) === null);
    if (get('SMS') === 'off') return 'off';
    if (trial && missing.length === names.length) return 'pretend';
    for (const name of missing) problems.push(`${name} is missing${trial ? '' : ' (or set SMS=off)'}.`);
    const from = get('TWILIO_FROM') ?? '';
    if (from && !/^\+\d{8,15}$/.test(from))
      problems.push(
        'TWILIO_FROM must be a number with its country, such as +44 and the rest without spaces.',
      );
    if (trial && !get('PUBLIC_URL'))
      problems.push('PUBLIC_URL is missing: Twilio must be able to reach this address.');
    return { accountSid: get('TWILIO_ACCOUNT_SID') ?? '', from };
  }
}

/** An address that others are built on; the exit's is used as it stands. */
function withoutSlash(url: string | null): string | null {
  return url?.replace(/\/+$/, '') ?? null;
}

/** Every setting with its value (secrets hidden) and where it came from. */
export function listSettings(env: Environment): Setting[] {
  return Object.entries(SETTINGS).map(([name, { fallback, secret, what }]) => {
    const given = env[name]?.trim();
    const value = given ? (secret ? '(set)' : given) : (fallback ?? '');
    return { name, value, source: given ? 'environment' : fallback === null ? 'missing' : 'default', what };
  });
}
