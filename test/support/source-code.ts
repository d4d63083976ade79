import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type ESTree, parseSync, Visitor, type VisitorObject } from 'vite';

/** A file of the repository: its path from the root, with slashes, and its text. */
export type Source = { path: string; text: string };

/** `target` is a path from the repository's root, a package's name, or `node:…`. */
export type Import = { target: string; typeOnly: boolean; line: number };

export type LongFunction = { line: number; lines: number };

const ROOT = join(import.meta.dirname, '..', '..');

/** All text files that are or would be committed; outside a git checkout, all but what is made or installed. */
export function repositoryFiles(): Source[] {
  return listed()
    .filter(path => existsSync(join(ROOT, path)) && statSync(join(ROOT, path)).isFile())
    .map(path => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))
    .filter(file => !file.text.includes('\0'));
}

function listed(): string[] {
  try {
    const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
    return execFileSync('git', list, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      .split('\0')
      .filter(path => path !== '');
  } catch {
    return globSync('**/*', { cwd: ROOT, exclude: ['node_modules', 'dist', 'data', '.git'] });
  }
}

export const isCode = (path: string) => /^(src|test)\/.*\.tsx?$|^[^/]+\.ts$/.test(path);

/** The line, from 1, of a place in a file. */
export const lineAt = ({ text }: Source, offset: number) => text.slice(0, offset).split('\n').length;

/** Walks through the syntax of a TypeScript file. Throws where it cannot be parsed. */
export function walk(source: Source, visitor: VisitorObject): void {
  new Visitor(visitor).visit(parse(source).program);
}

/** The text of each comment with its line. */
export function comments(source: Source): { text: string; line: number }[] {
  return parse(source).comments.map(({ value, start }) => ({ text: value, line: lineAt(source, start) }));
}

const parsed = new WeakMap<Source, ReturnType<typeof parseSync>>();

function parse(source: Source): ReturnType<typeof parseSync> {
  const known = parsed.get(source);
  if (known) return known;
  const result = parseSync(source.path, source.text);
  const wrong = result.errors[0];
  if (wrong) throw new Error(`${source.path} cannot be parsed: ${wrong.message}`);
  parsed.set(source, result);
  return result;
}

/** Everything a file imports or re-exports, also by `import()`. */
export function imports(source: Source): Import[] {
  const found: Import[] = [];
  const add = (node: ESTree.Node, from: ESTree.Node | null, kind: string | null | undefined) => {
    if (from?.type !== 'Literal' || typeof from.value !== 'string') return;
    found.push({
      target: target(source.path, from.value),
      typeOnly: kind === 'type',
      line: lineAt(source, node.start),
    });
  };
  walk(source, {
    ImportDeclaration: node => add(node, node.source, node.importKind),
    ExportNamedDeclaration: node => add(node, node.source, node.exportKind),
    ExportAllDeclaration: node => add(node, node.source, node.exportKind),
    ImportExpression: node => add(node, node.source, 'value'),
    TSImportType: node => add(node, node.source, 'type'),
  });
  return found;
}

function target(importer: string, from: string): string {
  if (from.startsWith('.')) return join(dirname(importer), from).replaceAll('\\', '/');
  if (from.startsWith('node:')) return from;
  return from
    .split('/')
    .slice(0, from.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Functions of more than `limit` lines. The function given to `describe` is a heading, not a function. */
export function functionsOver(limit: number, source: Source): LongFunction[] {
  const found: LongFunction[] = [];
  const headings = new Set<number>();
  const measure = (node: ESTree.Node) => {
    const line = lineAt(source, node.start);
    const lines = lineAt(source, node.end) - line + 1;
    if (lines > limit && !headings.has(node.start)) found.push({ line, lines });
  };
  walk(source, {
    CallExpression: node => {
      if (firstName(node.callee) === 'describe')
        for (const given of node.arguments) headings.add(given.start);
    },
    FunctionDeclaration: measure,
    FunctionExpression: measure,
    ArrowFunctionExpression: measure,
  });
  return found;
}

/** The name that an expression begins with: `describe` of `describe.each(rows)`, `process` of `process.env.PORT`. */
export function firstName(node: ESTree.Node): string | null {
  if (node.type === 'Identifier') return node.name;
  if (node.type === 'MemberExpression') return firstName(node.object);
  if (node.type === 'CallExpression') return firstName(node.callee);
  return null;
}
