import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { goBack, launchBrowser, type TestBrowser } from './support/browser.ts';
import { makeClock } from './support/clock.ts';
import { freshPostgres } from './support/postgres.ts';

const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>A page</title>
<h1>page only</h1><p>fetched</p><script src="/script.js"></script></html>`;
const SCRIPT = `
const colours = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
document.querySelector('h1').textContent = ['script ran', colours, navigator.language, innerWidth].join(', ');
addEventListener('pageshow', event => {
  if (event.persisted) document.querySelector('p').textContent = 'came out of the cache';
});`;

describe('the browser', () => {
  let server: Server;
  let address: string;
  let laptop: TestBrowser;
  let phone: TestBrowser;

  beforeAll(async () => {
    server = createServer((request, response) => {
      const isScript = request.url === '/script.js';
      response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
      response.end(isScript ? SCRIPT : PAGE);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const bound = server.address();
    address = typeof bound === 'object' ? `http://127.0.0.1:${bound?.port}/` : '';
    // Together, as two test files might: the very first time, both unpack the browser.
    [laptop, phone] = await Promise.all([
      launchBrowser(),
      launchBrowser({ javaScript: false, dark: true, phone: true }),
    ]);
  });

  afterAll(async () => {
    await Promise.all([laptop?.close(), phone?.close()]);
    server.closeAllConnections();
    server.close();
  });

  test('[TEST-1] runs a page with its script', async () => {
    const page = await laptop.newPage();
    await page.goto(address);

    expect(await page.textContent('h1')).toBe('script ran, light, en-GB, 1280');
  });

  test('[TEST-1] shows the page alone where JavaScript is off', async () => {
    const page = await phone.newPage();
    await page.goto(address);

    expect(await page.textContent('h1')).toBe('page only');
    expect(page.viewportSize()?.width).toBe(360);
  });

  test('[TEST-1] Back takes a page out of the back-forward cache, as it does for people', async () => {
    const page = await laptop.newPage();
    await page.goto(address);
    await page.goto('about:blank');
    await goBack(page);

    await page.getByText('came out of the cache').waitFor();
    await goBack(page);
    expect(page.url()).toBe('about:blank');
    await goBack(page);
  });
});

describe('PostgreSQL', () => {
  test('[TEST-2] fresh databases are apart, durable, and go when dropped', async () => {
    const [mine, yours] = await Promise.all([freshPostgres(), freshPostgres()]);
    expect(await ask(mine.url, 'create table note (text text)')).toEqual([]);
    expect(await ask(yours.url, "select to_regclass('note') as found")).toEqual([{ found: null }]);
    expect(await ask(yours.url, 'show fsync')).toEqual([{ fsync: 'on' }]);

    await Promise.all([mine.drop(), yours.drop()]);
    await expect(ask(mine.url, 'select 1')).rejects.toThrow('does not exist');
  });
});

describe('the clock', () => {
  test('[TEST-3] starts on a Wednesday afternoon and moves only forward, only when told', () => {
    const { now, advance } = makeClock();
    expect(new Date(now()).toUTCString()).toBe('Wed, 18 Nov 2026 14:00:00 GMT');
    advance(90_000);
    expect(new Date(now()).toUTCString()).toBe('Wed, 18 Nov 2026 14:01:30 GMT');
    expect(() => advance(-1)).toThrow(RangeError);
    expect(() => advance(Number.NaN)).toThrow(RangeError);
  });
});

describe('the built browser code', () => {
  test('[TEST-4] has no script or style inside the desk page, so that `script-src self` holds', () => {
    const page = readFileSync(join(import.meta.dirname, '..', 'dist', 'desk', 'index.html'), 'utf8');
    expect(page).toMatch(/<script type="module"[^>]* src="\/assets\//);
    expect(page).not.toMatch(/<script(?![^>]* src=)|<style|\sstyle=|\son\w+=/);
  });
});

async function ask(url: string, statement: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  try {
    await client.connect();
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}
