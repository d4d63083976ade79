import { parseArgs } from 'node:util';
import { listSettings, readConfig } from '../config.ts';
import { openDatabase } from '../database/database.ts';
import { openKeys } from '../privacy/keys.ts';
import { verify } from '../staff/audit.ts';
import { invite } from '../staff/invitations.ts';
import { isRole, ROLES } from '../staff/permissions.ts';
import { approveTexts } from './approve.ts';
import { checkFlowsCommand, diffFlows, extractTexts, formatFlows } from './flows.ts';
import { testFlows } from './flows-test.ts';
import { play } from './play.ts';
import { checkRisk } from './risk.ts';

/** One command: how it is used, what it does in one line, and the doing; it gives the exit code. */
export type Command = {
  use: string;
  what: string;
  help?: string;
  run(words: string[]): Promise<number> | number;
};

export const COMMANDS: Record<string, Command> = {
  play: {
    use: '[flow] [--sms] [--lng L] [--off-duty] [--at TIME] [--script FILE]',
    what: 'talk to a flow in the terminal, or play a file of lines',
    help: '\nIn a script, a line "> words" is written by the young person, "~ 10m" lets time go by (s, m, h, d); # is a comment.',
    run: play,
  },
  'flows check': {
    use: '[--json]',
    what: 'prove what every flow promises, and warn of words that are hard to read or translated no more',
    run: checkFlowsCommand,
  },
  'flows test': {
    use: '[--update] [--only FLOW] [--cover] [--json]',
    what: 'play the kept conversations of test/flows, from the database at every step',
    help: '\n--update writes the answers anew. --cover writes conversations that take every link of every flow.',
    run: testFlows,
  },
  'flows diff': {
    use: 'A B',
    what: 'say in plain English what changed from A to B',
    help: '\nA and B: a folder of flows, one flow file, or the hash of a bundle that was published.',
    run: diffFlows,
  },
  'flows extract': {
    use: '[--check]',
    what: 'write the English texts to locales/en, and keep the keys of other languages in step',
    run: extractTexts,
  },
  'flows format': { use: '[--check]', what: 'write every flow file in one shape', run: formatFlows },
  'flows approve': {
    use: '[--language L] [--flow F] [--safety] [--by NAME --yes]',
    what: 'list words that nobody has approved, and approve them',
    run: approveTexts,
  },
  'risk check': {
    use: '[--jsonl FILE] [--explain] [WORDS]',
    what: 'say what each message would raise, one line of JSON each; alone: run the examples of all risk words',
    help: '\nReads objects with "text" or "turns" (texts, objects with "text", and what the bot asked: {"bot": "How old is he?", "expects": "age"}), one a line, from FILE or from standard input ("-"). --explain says why in one sentence.',
    run: checkRisk,
  },
  'staff invite': {
    use: 'EMAIL --role ROLE [--name NAME]',
    what: 'make a link by which somebody joins the desk',
    help: `\nRoles: ${ROLES.join(', ')}. --role may be given more than once. The link works once, for seven days.`,
    run: inviteStaff,
  },
  'audit verify': { use: '[--json]', what: 'check the chain of the audit log', run: verifyAudit },
  config: { use: '[--json]', what: 'list every setting, its value and where it came from', run: showConfig },
  'bench risk': {
    use: '[FILE] [--json]',
    what: 'how much danger is read, by level and category, and how often it is seen where there is none',
    run: async words => (await import('../../test/bench/risk.ts')).benchRisk(words),
  },
  'bench turns': {
    use: '[--clients N] [--seconds N] [--json]',
    what: 'acknowledged, committed turns a second against a bare socket.io echo, in one run',
    run: async words => (await import('../../test/bench/turns.ts')).benchTurns(words),
  },
};

async function inviteStaff(words: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: words,
    options: { role: { type: 'string', multiple: true }, name: { type: 'string' } },
    allowPositionals: true,
  });
  const [email] = positionals;
  const roles = (values.role ?? []).filter(isRole);
  if (!email?.includes('@') || roles.length === 0 || roles.length !== values.role?.length) {
    console.error(
      `Say whom to invite and as what: cairn staff invite EMAIL --role ROLE. Roles: ${ROLES.join(', ')}.`,
    );
    return 2;
  }
  const { config, secrets } = readConfig(process.env);
  const database = await openDatabase({ dataDir: config.dataDir, databaseUrl: secrets.databaseUrl });
  try {
    const { link } = await invite(database.db, {
      email,
      name: values.name ?? email.split('@')[0] ?? email,
      roles,
      now: Date.now(),
      staffUrl: config.staffUrl ?? `http://localhost:${config.staffPort}`,
      serviceKey: openKeys(config.keysDir).service,
      engine: database.engine,
    });
    console.log(`Give this link to ${email}. It works once, for seven days:\n${link}`);
    return 0;
  } finally {
    await database.close();
  }
}

async function verifyAudit(words: string[]): Promise<number> {
  const { values } = parseArgs({ args: words, options: { json: { type: 'boolean' } } });
  const { config, secrets } = readConfig(process.env);
  const database = await openDatabase({ dataDir: config.dataDir, databaseUrl: secrets.databaseUrl });
  try {
    const result = await verify(database.db);
    if (values.json) console.log(JSON.stringify(result));
    else if (result.ok)
      console.log(`The log is whole: ${result.count} entries. Its newest hash is ${result.head}.`);
    else console.error(`The log was changed: entry ${result.at} does not follow the one before it.`);
    return result.ok ? 0 : 1;
  } finally {
    await database.close();
  }
}

function showConfig(words: string[]): number {
  const { values } = parseArgs({ args: words, options: { json: { type: 'boolean' } } });
  const settings = listSettings(process.env);
  if (values.json) console.log(JSON.stringify(settings));
  else
    for (const { name, value, source, what } of settings)
      console.log(`${name.padEnd(20)} ${(value || '-').padEnd(34)} ${source.padEnd(12)} ${what}`);
  return 0;
}
