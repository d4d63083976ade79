import type { ScriptWords } from './page.ts';

/** A part of the page by its id. Throws when it is missing: then nothing is enhanced and the forms still work. */
function part<Kind extends Element>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(id);
  return found;
}

export const page = part('chat', HTMLElement);
export const header = part('top', HTMLElement);
export const exitButton = part('exit', HTMLButtonElement);
export const scroller = part('scroll', HTMLElement);
export const log = part('log', HTMLOListElement);
export const outbox = part('outbox', HTMLOListElement);
export const choices = part('choices', HTMLFormElement);
export const offered = part('offered', HTMLElement);
export const messageForm = part('say', HTMLFormElement);
export const box = part('text', HTMLTextAreaElement);
export const checkLink = part('check', HTMLAnchorElement);
export const notice = part('notice', HTMLElement);
export const offlineBanner = part('offline', HTMLElement);
export const announcer = part('announce', HTMLElement);
export const stateLine = part('state', HTMLElement);

/** Written by the server that wrote this page. */
export const words: ScriptWords = JSON.parse(page.dataset.words ?? '');

/** Whether there is a conversation to ask for. */
export function hasStarted(): boolean {
  return 'started' in page.dataset;
}

/** Shows a banner, or hides it when there is nothing to say. */
export function show(banner: HTMLElement, text: string): void {
  banner.textContent = text;
  banner.hidden = !text;
}
