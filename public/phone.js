// The pretend phone's page without reloading: looks for texts every moment and sends in place.
const EVERY_MS = 1500;
const LOST = 'Cairn did not take this text. Look at what it printed, then send it again.';
const main = document.querySelector('main');
const texts = document.getElementById('texts');
const write = document.getElementById('write');
const lost = document.getElementById('lost');
const text = document.getElementById('text');
document.getElementById('look').parentElement.hidden = true;

/** Adds a bubble; the same shape as the server makes. Only `textContent`, so a text is never markup. */
function add({ sid, side, who, body, note }) {
  const bubble = document.createElement('article');
  bubble.className = side;
  bubble.dataset.sid = sid;
  for (const [name, words] of [
    ['b', who],
    ['p', body],
    ['small', note],
  ]) {
    bubble.appendChild(document.createElement(name)).textContent = words;
  }
  texts.append(bubble);
}

/** Changes only what is new: a screen reader then reads only that. */
async function look() {
  const response = await fetch(main.dataset.messages);
  if (!response.ok) return;
  const { messages } = await response.json();
  for (const message of messages) {
    const note = texts.querySelector(`[data-sid="${message.sid}"] small`);
    if (!note) add(message);
    else if (note.textContent !== message.note) note.textContent = message.note;
  }
}

async function keepLooking() {
  if (!document.hidden) await look().catch(() => {});
  setTimeout(keepLooking, EVERY_MS);
}

write.addEventListener('submit', async event => {
  event.preventDefault();
  const form = new URLSearchParams(new FormData(write));
  text.value = '';
  text.focus();
  lost.textContent = '';
  const sent = await fetch(write.action, { method: 'POST', body: form }).catch(() => null);
  if (!sent?.ok || new URL(sent.url).searchParams.has('lost')) {
    lost.textContent = LOST;
    text.value ||= form.get('text');
  }
  await look().catch(() => {});
});

text.addEventListener('keydown', event => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  if (text.value !== '') write.requestSubmit();
});

keepLooking();
