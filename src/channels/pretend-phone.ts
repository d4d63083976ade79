import { fileURLToPath } from 'node:url';
import express, { type Router } from 'express';
import { z } from 'zod';
import type { PhoneText, PretendTwilio } from './pretend-twilio.ts';

const PUBLIC = fileURLToPath(new URL('../../public/', import.meta.url));
const LONGEST_TEXT = 1600;

/** Ofcom keeps +447700900000 to +447700900999 for drama: nobody can own these. */
const DRAMA_NUMBER = /^\+447700900\d{3}$/;
const PHONES = ['+447700900001', '+447700900002', '+447700900003', '+447700900004', '+447700900005'] as const;

/** Browsers send line ends as CRLF; phones do not. */
const Written = z.object({
  number: z.string(),
  text: z
    .string()
    .transform(text => text.replaceAll('\r\n', '\n'))
    .pipe(z.string().max(LONGEST_TEXT)),
});

/**
 * The pretend phone: pick a number, read its texts, write one. For trial mode only, on the staff listener.
 * It works with forms alone; `public/phone.js` saves the reloading.
 */
export function pretendPhone(twilio: PretendTwilio): Router {
  const router = express.Router();
  router.get('/', (request, response) => {
    const number = numberFrom(request.query.number) ?? PHONES[0];
    const isLost = request.query.lost !== undefined;
    const page = phonePage({ base: request.baseUrl, number, texts: twilio.messages(number), isLost });
    response.set('Cache-Control', 'no-store').type('html').send(page);
  });
  router.get('/messages', (request, response) => {
    const number = numberFrom(request.query.number);
    response.set('Cache-Control', 'no-store');
    if (number === null) response.sendStatus(400);
    else response.json({ messages: twilio.messages(number).map(asShown) });
  });
  router.post('/', express.urlencoded({ extended: false, limit: '16kb' }), async (request, response) => {
    // Another website must not be able to text through the tester's browser.
    if (request.get('sec-fetch-site') === 'cross-site') return void response.sendStatus(403);
    const form = Written.safeParse(request.body);
    const number = numberFrom(form.data?.number);
    if (!form.success || number === null) return void response.sendStatus(400);
    const { text } = form.data;
    const isLost = text !== '' && !(await arrives(twilio, number, text));
    response.redirect(303, `${request.baseUrl}?number=${encodeURIComponent(number)}${isLost ? '&lost' : ''}`);
  });
  for (const file of ['phone.css', 'phone.js']) {
    router.get(`/${file}`, (_request, response) => response.sendFile(file, { root: PUBLIC }));
  }
  return router;
}

async function arrives(twilio: PretendTwilio, number: string, text: string): Promise<boolean> {
  try {
    const { status } = await twilio.text(number, text);
    return status >= 200 && status < 300;
  } catch {
    return false;
  }
}

function numberFrom(value: unknown): string | null {
  // A form turns the plus into a space when somebody types the address by hand.
  const number = typeof value === 'string' ? value.trim().replace(/^(?=44)/, '+') : '';
  return DRAMA_NUMBER.test(number) ? number : null;
}

const STATUS_WORDS = new Map([
  ['received', 'Sent'],
  ['delivered', 'Delivered'],
  ['undelivered', 'Not delivered'],
  ['failed', 'Not delivered'],
]);

/** What one bubble says. `who` is read out before the text; `note` is time and fate. */
type Shown = { sid: string; side: PhoneText['from']; who: string; body: string; note: string };

function asShown({ sid, from, body, at, status }: PhoneText): Shown {
  const time = new Date(at).toLocaleTimeString('en-GB', {
    timeZone: 'Europe/London',
    hour: '2-digit',
    minute: '2-digit',
  });
  const note = `${time} · ${STATUS_WORDS.get(status) ?? 'On its way'}`;
  return { sid, side: from, who: from === 'phone' ? 'You' : 'Cairn', body, note };
}

// ---------------------------------------------------------------- the page

/** Markup that is safe to put into markup. Made by `html` only; every other value is escaped. */
class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const ESCAPES = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
]);

function html(parts: TemplateStringsArray, ...values: (string | Html | Html[])[]): Html {
  return new Html(parts.map((part, index) => part + markup(values[index] ?? '')).join(''));
}

function markup(value: string | Html | Html[]): string {
  if (Array.isArray(value)) return value.map(markup).join('');
  if (value instanceof Html) return value.text;
  return value.replace(/[&<>"']/g, character => ESCAPES.get(character) ?? '');
}

type Page = { base: string; number: string; texts: PhoneText[]; isLost: boolean };

function phonePage({ base, number, texts, isLost }: Page): string {
  const numbers = PHONES.some(phone => phone === number) ? PHONES : [...PHONES, number];
  const lost = 'Cairn did not take this text. Look at what it printed, then send it again.';
  const here = `${base}?number=${encodeURIComponent(number)}`;
  return html`<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Pretend phone</title>
<link rel="stylesheet" href="${base}/phone.css">
<script type="module" src="${base}/phone.js"></script>
</head>
<body>
<main data-messages="${base}/messages?number=${encodeURIComponent(number)}">
<header>
<h1>Pretend phone</h1>
<p>For trying Cairn. This is not a real phone, and no real phone gets a text from it.</p>
<form method="get" action="${base}">
<label for="number">This phone’s number</label>
<div class="row">
<select id="number" name="number">${numbers.map(phone => option(phone, phone === number))}</select>
<button type="submit">Use</button>
</div>
</form>
</header>
<div class="thread" tabindex="0" aria-label="Texts" role="log">
<div id="texts">${texts.map(text => bubble(asShown(text)))}</div>
</div>
<form id="write" method="post" action="${base}">
<p id="lost" role="alert">${isLost ? lost : ''}</p>
<input type="hidden" name="number" value="${number}">
<label for="text">Your text to Cairn</label>
<div class="row">
<textarea id="text" name="text" rows="2" maxlength="${String(LONGEST_TEXT)}" required autocomplete="off"></textarea>
<button type="submit">Send</button>
</div>
<p><a id="look" href="${here}">Look for new texts</a></p>
</form>
</main>
</body>
</html>
`.text;
}

function option(phone: string, isSelected: boolean): Html {
  const said = `0${phone.slice(3, 7)} ${phone.slice(7)}`;
  return html`<option value="${phone}"${isSelected ? html` selected` : ''}>${said}</option>`;
}

/** The same shape as `phone.js` makes for texts that come later. */
function bubble({ sid, side, who, body, note }: Shown): Html {
  return html`<article class="${side}" data-sid="${sid}"><b>${who}</b><p>${body}</p><small>${note}</small></article>`;
}
