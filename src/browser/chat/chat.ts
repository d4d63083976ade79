/**
 * The young person's page, improved: the same HTML, without a reload for every message and with answers as
 * they come. It keeps everything in memory, and adds nothing to the browser's history.
 */
import './chat.css';
import { expectContact } from './contact.ts';
import { hasLeft, watchLeaving } from './leave.ts';
import { box, checkLink, choices, header, messageForm, notice, scroller, show, words } from './parts.ts';
import { catchUp } from './receive.ts';
import { send, tryNow } from './send.ts';

function sendText(): void {
  const text = box.value.trim();
  if (!text) return;
  box.value = '';
  send({ text }, text);
}

messageForm.addEventListener('submit', event => {
  event.preventDefault();
  sendText();
});

function sendChoice(event: SubmitEvent): void {
  event.preventDefault();
  const button = event.submitter;
  if (button instanceof HTMLButtonElement) send({ choice: button.value }, button.textContent);
}

choices.addEventListener('submit', sendChoice);
document.querySelector<HTMLFormElement>('#languages')?.addEventListener('submit', sendChoice);

// Enter sends where there is a real keyboard; on a phone it is the only way to a new line.
box.addEventListener('keydown', event => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing || !matchMedia('(pointer: fine)').matches)
    return;
  event.preventDefault();
  sendText();
});

const longest = box.maxLength;
// The browser would cut off the end of what is pasted; the server refuses it whole, and the words stay.
box.removeAttribute('maxlength');

box.addEventListener('input', () => {
  const over = box.value.length > longest;
  // Another notice stays: it may hold numbers to call.
  if (over || notice.textContent === words.tooLong) show(notice, over ? words.tooLong : '');
});

checkLink.addEventListener('click', event => {
  event.preventDefault();
  refresh();
});

// Links inside the page would each add a step to the history.
document.getElementById('skip')?.addEventListener('click', event => {
  event.preventDefault();
  scroller.focus();
});

/** Everything that may have been missed, in both directions. */
function refresh(): void {
  if (hasLeft()) return;
  tryNow();
  void catchUp();
}

addEventListener('pageshow', refresh);
addEventListener('online', refresh);
addEventListener('offline', expectContact);
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) refresh();
});

// A phone's keyboard may push fixed things off the screen, and the box behind itself: the exit comes along.
visualViewport?.addEventListener('scroll', followScreen);
visualViewport?.addEventListener('resize', () => {
  followScreen();
  if (document.activeElement === box) box.scrollIntoView({ block: 'nearest' });
});

function followScreen(): void {
  header.style.insetBlockStart = `${visualViewport?.offsetTop ?? 0}px`;
}

watchLeaving();
// One announcer speaks the newest line; a live log would be read a second time, or from its beginning.
scroller.setAttribute('aria-live', 'off');
