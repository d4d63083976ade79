import type { ChatEvent, Choice, From } from '../../channels/protocol.ts';
import { announcer, choices, log, offered, outbox, scroller, words } from './parts.ts';

/** A line as the server writes it: who speaks, in words, and what they say. Text is only ever text. */
export function line(from: From, text: string): HTMLLIElement {
  const item = document.createElement('li');
  const who = document.createElement('span');
  const said = document.createElement('p');
  item.className = from;
  who.className = 'who';
  who.textContent = words[from];
  said.dir = 'auto';
  said.textContent = text;
  item.append(who, said);
  return item;
}

/** Says under one's own line what became of it. */
export function mark(item: Element, text: string, ...more: Node[]): void {
  item.querySelector('small')?.remove();
  if (!text) return;
  const small = document.createElement('small');
  small.append(text, ...more);
  item.append(small);
}

/** Appends an event's line. Only the newest own line is marked "sent": one tick is enough. */
export function drawEvent(event: ChatEvent): void {
  const item = line(event.from, event.text);
  item.dataset.seq = String(event.seq);
  if (event.from === 'you') {
    for (const old of log.querySelectorAll('.you')) mark(old, '');
    mark(item, words.sent);
    // Committed before its own answer came: it must not stand there twice.
    const waiting = outbox.firstElementChild;
    if (waiting?.querySelector('p')?.textContent === event.text) waiting.remove();
  }
  log.append(item);
  if (event.from === 'you' || event.choices) offer(event.choices ?? []);
}

/** Replaces the buttons: those of an earlier question are never pressed by mistake. */
export function offer(list: readonly Choice[]): void {
  offered.replaceChildren(
    ...list.map(({ value, label }) => {
      const button = document.createElement('button');
      button.name = 'choice';
      button.value = value;
      button.dir = 'auto';
      button.textContent = label;
      return button;
    }),
  );
}

/** The buttons show when there are any and nothing is on its way that may answer them. */
export function showChoices(): void {
  const hide = outbox.childElementCount > 0 || offered.childElementCount === 0;
  // The keyboard must not be lost with the button that was pressed. Not the text box: phones would open theirs.
  if (hide && choices.contains(document.activeElement)) scroller.focus({ preventScroll: true });
  choices.hidden = hide;
}

/** Tells screen readers the newest lines, once; the log itself is kept from being read again. */
export function announce(events: readonly ChatEvent[]): void {
  const heard = events.filter(event => event.from !== 'you').slice(-3);
  if (heard.length === 0) return;
  announcer.textContent = heard
    .map(({ from, text, choices: list }) =>
      [`${words[from]}: ${text}`, ...(list ?? []).map(({ label }) => label)].join('\n'),
    )
    .join('\n');
}

/**
 * Changes the log. Who was at its end stays there; who reads further up keeps the place.
 *
 * @param change what to do
 * @param toEnd go to the end in any case: the person has just written
 */
export function keepPlace(change: () => void, toEnd = false): void {
  const root = document.documentElement;
  const anchor = log.lastElementChild;
  const before = anchor?.getBoundingClientRect().top ?? 0;
  // The log counts upwards from its end (column-reverse): 0 is the end, and stays it by itself.
  const atEnd = scroller.scrollTop > -8 && root.scrollHeight - innerHeight - scrollY < 8;
  change();
  if (toEnd || atEnd) {
    scroller.scrollTop = 0;
    scrollTo(0, root.scrollHeight);
  } else if (anchor) {
    scroller.scrollTop += anchor.getBoundingClientRect().top - before;
  }
}
