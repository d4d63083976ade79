import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import {
  type Browser,
  type BrowserContextOptions,
  chromium,
  type LaunchOptions,
  type Page,
} from 'playwright-core';

/** Defaults: JavaScript on, light colours, a laptop's window. */
export type BrowserOptions = { javaScript?: boolean; dark?: boolean; phone?: boolean };

export type TestBrowser = {
  browser: Browser;
  /** A page of its own: nothing is shared with other pages, as on another device. */
  newPage(): Promise<Page>;
  close(): Promise<void>;
};

/** A small, common phone. */
const PHONE = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const LAPTOP = { viewport: { width: 1280, height: 800 } };

/**
 * Starts a real Chromium: the one that `CHROMIUM_PATH` names, or else the package's own. Close it in `afterAll`.
 * The back-forward cache is on, as it is for people: Playwright and headless Chromium each turn it off, and then a
 * test that "Back shows nothing after EXIT" would pass by itself.
 */
export async function launchBrowser(options: BrowserOptions = {}): Promise<TestBrowser> {
  const browser = await chromium.launch({
    ...(await program()),
    args: ['--no-sandbox', '--enable-bfcache', '--disable-background-networking'],
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  });
  const device: BrowserContextOptions = {
    ...(options.phone ? PHONE : LAPTOP),
    javaScriptEnabled: options.javaScript ?? true,
    colorScheme: options.dark ? 'dark' : 'light',
    locale: 'en-GB',
    timezoneId: 'Europe/London',
  };
  return {
    browser,
    newPage: async () => (await browser.newContext(device)).newPage(),
    close: () => browser.close(),
  };
}

/**
 * Presses Back and waits until the other page has taken over (not until it has loaded: wait for what you expect on
 * it); does nothing where there is nothing to go back to. Playwright's own `goBack` waits in vain for a page that
 * comes out of the back-forward cache, because no request is made for it.
 */
export async function goBack(page: Page): Promise<void> {
  const shown = page.waitForEvent('framenavigated', frame => frame === page.mainFrame());
  await Promise.race([page.goBack(), shown]);
}

/** Saves the whole page as `<name>.png` in the folder that CAIRN_SCREENSHOTS names; without it, does nothing. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const folder = process.env.CAIRN_SCREENSHOTS;
  if (!folder) return;
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

/**
 * The browser to run. The package is for Linux on x64, where it brings its own libraries and letters, so that a bare
 * machine needs neither; elsewhere it is the Chrome that is installed.
 */
async function program(): Promise<LaunchOptions> {
  if (process.env.CHROMIUM_PATH) return { executablePath: process.env.CHROMIUM_PATH };
  if (process.platform !== 'linux' || process.arch !== 'x64') return { channel: 'chrome' };

  const folder = await unpacked();
  const own = { LD_LIBRARY_PATH: join(folder, 'al2023', 'lib'), FONTCONFIG_FILE: join(folder, 'fonts.conf') };
  return { executablePath: join(folder, 'chromium'), env: { ...process.env, ...own } };
}

/**
 * The folder of the unpacked browser, made by whoever comes first and kept. The package itself would unpack in place
 * and take a half-written file for a whole one; so each comer unpacks into a folder of its own, and the first to
 * finish gives its folder the name that counts.
 */
async function unpacked(): Promise<string> {
  const packed = join(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')), '..', 'bin');
  const cache = join(import.meta.dirname, '..', '..', 'node_modules', '.cache');
  const folder = join(cache, `chromium-${statSync(join(packed, 'chromium.br')).size}`);
  if (existsSync(folder)) return folder;

  mkdirSync(cache, { recursive: true });
  const draft = mkdtempSync(join(cache, 'draft-'));
  // In a process of its own, because the package unpacks into whatever TMPDIR says. The other name makes it
  // unpack the libraries too, which it does only where it believes that they are missing.
  const env = { ...process.env, TMPDIR: draft, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' };
  const unpack = "(await import('@sparticuz/chromium')).default.executablePath()";
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', unpack], { cwd: packed, env });
  writeFileSync(join(draft, 'fonts.conf'), fontsIn(folder));
  try {
    renameSync(draft, folder);
  } catch (error) {
    rmSync(draft, { recursive: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

const fontsIn = (folder: string) => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${folder}/fonts/fonts</dir>
  <cachedir>${folder}/fonts-cache</cachedir>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
</fontconfig>
`;
