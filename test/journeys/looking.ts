import { AxeBuilder } from '@axe-core/playwright';
import type { BrowserContext, Locator, Page } from 'playwright-core';

/** The places that tests look at a page: a common phone and a common laptop. */
const SCREENS = [
  { width: 390, height: 844 },
  { width: 1366, height: 800 },
] as const;

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Where the exit of {@link startCairn}'s service leads. */
export const ELSEWHERE = 'https://elsewhere.example/';

/** Notes from now on what must never happen at a page: an error, a breach of the policy, a request elsewhere. */
export function watch(page: Page, ownUrl: string): { wrongs: string[] } {
  const wrongs: string[] = [];
  const { host } = new URL(ownUrl);
  page.on('pageerror', error => wrongs.push(`error: ${error.message}`));
  // Breaches of the content security policy are told here as well.
  page.on('console', said => {
    if (said.type() === 'error' || said.type() === 'warning') wrongs.push(`console: ${said.text()}`);
  });
  page.on('request', request => {
    const url = new URL(request.url());
    if (url.protocol.startsWith('http') && url.host !== host) wrongs.push(`request: ${url.host}`);
  });
  page.on('websocket', socket => {
    const { host: other } = new URL(socket.url());
    if (other !== host) wrongs.push(`socket: ${other}`);
  });
  return { wrongs };
}

/** What axe finds wrong with a page as it stands, in light and dark, on a phone and on a laptop; best empty. */
export async function axeFinds(page: Page): Promise<string[]> {
  const found: string[] = [];
  const before = page.viewportSize();
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const screen of SCREENS) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(screen);
      // No page of ours has frames, so the way without a second window to put them together is as good, and faster.
      const { violations } = await new AxeBuilder({ page }).setLegacyMode().withTags(RULES).analyze();
      for (const { id, nodes } of violations)
        found.push(`${id}, ${colorScheme}, ${screen.width}: ${nodes.map(node => node.target).join(' | ')}`);
    }
  }
  await page.emulateMedia({ colorScheme: null });
  if (before) await page.setViewportSize(before);
  return found;
}

/**
 * Puts a page at the address that the exit leads to, and at any other below it; nothing leaves this machine.
 * Playwright does not see where a redirect leads, so the exit's own is made a page that leads there at once.
 */
export async function standInForElsewhere(context: BrowserContext, ownUrl: string): Promise<void> {
  const page = '<!doctype html><html lang="en"><title>Elsewhere</title><h1>Somewhere else</h1>';
  await context.route(`${ELSEWHERE}**`, route => route.fulfill({ contentType: 'text/html', body: page }));
  await context.route(new URL('/exit', ownUrl).href, async route => {
    if (route.request().method() !== 'GET') return route.fallback();
    const answer = await route.fetch({ maxRedirects: 0 });
    if (answer.status() !== 302) return route.fulfill({ response: answer });
    const { location = '', ...headers } = answer.headers();
    const forward = `<!doctype html><meta http-equiv="refresh" content="0;url=${location}">`;
    return route.fulfill({ headers: { ...headers, 'content-type': 'text/html' }, body: forward });
  });
}

/** What the page says: all of its text, seen or not, and what stands in its boxes. */
export function everythingOn(page: Page): Promise<string> {
  return page.evaluate(() => {
    const boxes = [...document.querySelectorAll('textarea, input')];
    const typed = boxes.map(box => ('value' in box ? box.value : ''));
    return [document.title, document.body?.textContent ?? '', ...typed].join('\n');
  });
}

/** Everything that a browser could keep of a page, by kind; each 0 when nothing is kept. */
export function keptByTheBrowser(page: Page): Promise<Record<string, number>> {
  return page.evaluate(async () => ({
    localStorage: localStorage.length,
    sessionStorage: sessionStorage.length,
    databases: (await indexedDB.databases()).length,
    caches: (await caches.keys()).length,
    serviceWorkers: (await navigator.serviceWorker.getRegistrations()).length,
    cookiesForScripts: document.cookie.length,
  }));
}

/** Presses Tab until the keyboard is at `target`. Throws when it does not come there. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor({ state: 'attached' });
  for (let pressed = 0; pressed < 40; pressed++) {
    if (await target.evaluate(part => part === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error('The keyboard does not come there.');
}
