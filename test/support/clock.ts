/** A Wednesday in term time, two in the afternoon in the UK. */
const START_MS = Date.UTC(2026, 10, 18, 14);

/** The time of a test: UTC milliseconds that move only when the test says so. */
export type Clock = { now(): number; advance(ms: number): void };

/**
 * Takes the first moment (UTC ms). Returns a clock that stands still there; its functions may be passed on alone.
 * `advance` throws a RangeError rather than go back: nothing in the service expects time to.
 */
export function makeClock(startMs: number = START_MS): Clock {
  let nowMs = startMs;
  return {
    now: () => nowMs,
    advance: ms => {
      if (!(ms >= 0)) throw new RangeError('The clock only goes forward.');
      nowMs += ms;
    },
  };
}
