import { offlineBanner } from './parts.ts';

const SAY_SO_AFTER_MS = 3_000;
const GIVE_UP_AFTER_MS = 20_000;

let silence: ReturnType<typeof setTimeout> | undefined;

/** From now on an answer is expected; without one the page says so after three seconds. */
export function expectContact(): void {
  silence ??= setTimeout(() => {
    offlineBanner.hidden = false;
  }, SAY_SO_AFTER_MS);
}

/**
 * One request to our server.
 *
 * @returns the answer, or nothing when none came
 */
export async function ask(path: string, options: RequestInit): Promise<Response | undefined> {
  expectContact();
  try {
    const response = await fetch(path, {
      ...options,
      redirect: 'error',
      // Missing in browsers of 2021; they wait as long as the network does.
      signal: AbortSignal.timeout?.(GIVE_UP_AFTER_MS) ?? null,
    });
    if (response.status < 500) heardBack();
    return response;
  } catch {
    return undefined;
  }
}

function heardBack(): void {
  clearTimeout(silence);
  silence = undefined;
  offlineBanner.hidden = true;
}
