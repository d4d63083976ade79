#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { COMMANDS } from './commands/commands.ts';
import { ConfigProblems } from './config.ts';
import { FlowProblems } from './flows/store.ts';

/** `cairn`: finds the command, and says how it is used when asked. */
async function main(words: string[]): Promise<number> {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const name = [words.slice(0, 2).join(' '), words[0] ?? ''].find(given => given in COMMANDS);
  const command = name === undefined ? undefined : COMMANDS[name];
  if (!command || name === undefined) {
    const asked = words.length === 0 || words[0] === '--help' || words[0] === 'help';
    const list = Object.entries(COMMANDS).map(
      ([known, { use, what }]) => `  cairn ${`${known} ${use}`.trim().padEnd(44)} ${what}`,
    );
    (asked ? console.log : console.error)(
      [asked ? 'Cairn' : `There is no command "${words.join(' ')}".`, '', ...list].join('\n'),
    );
    return asked ? 0 : 2;
  }
  const rest = words.slice(name.split(' ').length);
  if (rest.includes('--help')) {
    console.log(`cairn ${name} ${command.use}\n\n${command.what}\n${command.help ?? ''}`);
    return 0;
  }
  return command.run(rest);
}

main(process.argv.slice(2)).then(
  code => {
    process.exitCode = code;
  },
  error => {
    const expected =
      error instanceof ConfigProblems || error instanceof FlowProblems || error instanceof TypeError;
    console.error(expected ? error.message : error);
    process.exitCode = 2;
  },
);
