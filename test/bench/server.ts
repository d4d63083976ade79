import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server } from 'socket.io';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { openLog } from '../../src/log.ts';

/**
 * One of the two servers that `cairn bench turns` compares, in a process of its own: `echo` acknowledges and does
 * nothing else; `cairn` is the whole service on the embedded database, with fsync. Says its address to its parent.
 */
async function start(which: string | undefined): Promise<string> {
  if (which === 'echo') return startEcho();
  const dataDir = mkdtempSync(join(tmpdir(), 'cairn-bench-'));
  const app = await createApp({
    ...readConfig({
      PORT: '0',
      STAFF_PORT: '0',
      DATA_DIR: dataDir,
      SMS: 'off',
      DATABASE_URL: process.env.DATABASE_URL,
    }),
    log: openLog('silent'),
  });
  process.once('disconnect', async () => {
    await app.close();
    rmSync(dataDir, { recursive: true });
  });
  return app.publicUrl;
}

/** Bare socket.io with the transport settings that Cairn uses. */
function startEcho(): Promise<string> {
  const http = createServer();
  const io = new Server(http, { path: '/chat-socket', serveClient: false, perMessageDeflate: false });
  io.on('connection', socket => {
    socket.on('send', (sent: unknown, answer: (sent: unknown) => void) => answer(sent));
  });
  process.once('disconnect', () => void io.close());
  return new Promise(resolve => {
    http.listen(0, () => {
      const address = http.address();
      resolve(`http://localhost:${typeof address === 'object' && address ? address.port : 0}`);
    });
  });
}

start(process.argv[2]).then(url => process.send?.({ url }));
