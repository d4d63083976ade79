import { execFile } from 'node:child_process';
import { existsSync, readdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { startPostgres } from './postgres-server.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The PostgreSQL that all test files share; `freshPostgres()` makes databases on it. */
    postgresAdminUrl: string;
  }
}

const ROOT = join(import.meta.dirname, '..', '..');
const BUILT = ['dist/chat/chat.js', 'dist/chat/chat.css', 'dist/desk/index.html'].map(path =>
  join(ROOT, path),
);
const BUILT_FROM = ['src/browser', 'src/channels/protocol.ts', 'vite.config.ts', 'package-lock.json'];

/** Runs once before all test files: builds the browser code and starts PostgreSQL. Returns what stops it again. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [postgres, built] = await Promise.allSettled([startPostgres(), buildBrowserCode()]);
  if (postgres.status === 'rejected') throw postgres.reason;
  if (built.status === 'rejected') {
    await postgres.value.stop();
    throw built.reason;
  }
  project.provide('postgresAdminUrl', postgres.value.adminUrl);
  return postgres.value.stop;
}

/** Builds what browsers load, exactly as `npm start` does, unless that was done after the last change. */
async function buildBrowserCode(): Promise<void> {
  const changedAt = Math.max(...BUILT_FROM.map(path => lastChange(join(ROOT, path))));
  if (BUILT.every(path => existsSync(path) && statSync(path).mtimeMs > changedAt)) return;

  const startedAt = new Date();
  const vite = join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js');
  // Vitest's own NODE_ENV would make a development build.
  const env = { ...process.env, NODE_ENV: 'production' };
  await promisify(execFile)(process.execPath, [vite, 'build', '--logLevel', 'error'], { cwd: ROOT, env });
  // As old as what it was made from: an edit during the build is then seen as newer.
  for (const path of BUILT) utimesSync(path, startedAt, startedAt);
}

/** When a file, or anything in a folder (a removed file changes its folder), was last changed, in UTC ms. */
function lastChange(path: string): number {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map(name => lastChange(join(path, name))));
}
