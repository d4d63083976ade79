import { cell } from './cell.ts';

const TONES = [
  { hertz: 880, from: 0, to: 0.22 },
  { hertz: 659, from: 0.26, to: 0.55 },
] as const;
const LOUDNESS = 0.25;

let audio: AudioContext | null = null;

/** Whether the browser lets this page sound: only after the worker has pressed or typed something. */
export const soundReady = cell(false);

/** Waits for the first press or key, because browsers keep a page silent before it. */
export function waitForGesture(): void {
  const running = new AbortController();
  const start = () => {
    audio ??= new AudioContext();
    void audio.resume().then(() => {
      soundReady.set(true);
      running.abort();
    });
  };
  // Captured, because the buttons keep a press to themselves. A finger counts when it leaves the screen.
  for (const gesture of ['pointerdown', 'pointerup', 'keydown'])
    window.addEventListener(gesture, start, { capture: true, signal: running.signal });
}

/** Two short tones, high then low. Silent when the browser does not allow sound yet. */
export function ringTwoTones(): void {
  if (audio === null) return;
  const begin = audio.currentTime + 0.02;
  for (const tone of TONES) {
    const source = audio.createOscillator();
    const gain = audio.createGain();
    source.frequency.value = tone.hertz;
    gain.gain.setValueAtTime(0, begin + tone.from);
    gain.gain.linearRampToValueAtTime(LOUDNESS, begin + tone.from + 0.02);
    gain.gain.linearRampToValueAtTime(0, begin + tone.to);
    source.connect(gain).connect(audio.destination);
    source.start(begin + tone.from);
    source.stop(begin + tone.to);
  }
}
