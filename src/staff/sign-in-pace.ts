import { setTimeout as sleep } from 'node:timers/promises';

/** Mistakes anybody makes cost nothing; then each further try waits twice as long, up to a bound that never locks. */
const FREE_TRIES = 3;
const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 8_000;
/** Tries are forgotten when none came for this long. */
const FORGET_MS = 15 * 60_000;
/** Unsuccessful tries on all accounts together, in a minute, before every try waits. */
const FREE_TRIES_A_MINUTE = 30;
const CROWD_DELAY_MS = 2_000;
const MINUTE_MS = 60_000;
/** Who may wait at once. With the delays this bounds guessing, sequential or parallel, to about 60 tries a second. */
const MOST_WAITING = 500;
/** Accounts remembered; the one not tried for longest is forgotten first. */
const MOST_ACCOUNTS = 10_000;

/** Slows guessing down. In memory only: a restart forgives everybody, which locks nobody out. */
export type Pace = {
  /**
   * Counts a try and waits as long as it must. A try counts from its beginning, so that many at once do not
   * pass for the first. `busy`: too many people wait already; nothing was tried.
   */
  begin(account: string, now: number): Promise<'go' | 'busy'>;
  /** The try was right: this account starts anew. */
  succeeded(account: string): void;
};

/** How long the next try on an account waits after this many (ms). */
export function delayAfter(tries: number): number {
  if (tries < FREE_TRIES) return 0;
  return Math.min(FIRST_DELAY_MS * 2 ** (tries - FREE_TRIES), LONGEST_DELAY_MS);
}

/** Makes the pace of one process. `wait` takes milliseconds; tests give one that only notes them. */
export function createPace(wait: (ms: number) => Promise<unknown> = ms => sleep(ms)): Pace {
  const tried = new Map<string, { tries: number; lastAt: number }>();
  let minute = { since: 0, tries: 0 };
  let waiting = 0;

  function count(account: string, now: number): number {
    const known = tried.get(account);
    const before = known && now - known.lastAt < FORGET_MS ? known.tries : 0;
    tried.delete(account);
    tried.set(account, { tries: before + 1, lastAt: now });
    const [oldest] = tried.keys();
    if (tried.size > MOST_ACCOUNTS && oldest !== undefined) tried.delete(oldest);
    if (now - minute.since >= MINUTE_MS) minute = { since: now, tries: 0 };
    minute.tries += 1;
    return delayAfter(before) + (minute.tries > FREE_TRIES_A_MINUTE ? CROWD_DELAY_MS : 0);
  }

  return {
    async begin(account, now) {
      if (waiting >= MOST_WAITING) return 'busy';
      const delayMs = count(account, now);
      if (delayMs === 0) return 'go';
      waiting += 1;
      try {
        await wait(delayMs);
      } finally {
        waiting -= 1;
      }
      return 'go';
    },
    succeeded(account) {
      tried.delete(account);
      minute.tries = Math.max(0, minute.tries - 1);
    },
  };
}
