import { type ChatEvent, type Choice, type ConversationState, MAX_TEXT } from '../../channels/protocol.ts';
import { type Html, html } from './html.ts';

/** The strings of the young person's page: its keys after `page.` in `locales/<lng>/service.json`. */
export const PAGE_WORDS = [
  'title', // of the browser tab: neutral, because it stays in the history
  'intro',
  'start',
  'log',
  'choices',
  'message',
  'send',
  'exit',
  'checkNew',
  'skipLink',
  'noScript',
  'you',
  'bot',
  'worker',
  'service',
  'ended',
  'startAgain',
  'sending',
  'sent',
  'notSent', // under the message box, the text being back in it: with numbers that answer now
  'notSentYet', // under the line itself, which is being tried again: two words
  'tryAgain',
  'offline',
  'back',
  'languages',
] as const;

/** The words of one language, ready to show: numbers and limits are filled in. `tooLong` has no `page.` before it. */
export type PageWords = Readonly<Record<(typeof PAGE_WORDS)[number] | 'tooLong', string>>;

const SCRIPT_WORDS = [
  'you',
  'bot',
  'worker',
  'service',
  'ended',
  'startAgain',
  'sending',
  'sent',
  'notSent',
  'notSentYet',
  'tryAgain',
  'tooLong',
] as const satisfies readonly (keyof PageWords)[];

/** What the script cannot find in the HTML; it travels there as JSON in `data-words`. */
export type ScriptWords = Pick<PageWords, (typeof SCRIPT_WORDS)[number]>;

/** What the young person's page shows. */
export type PageView = {
  /** BCP 47, of the words */
  language: string;
  direction: 'ltr' | 'rtl';
  /** the other languages, each under its own name */
  languages: readonly Choice[];
  /** all lines of the conversation, by seq */
  events: readonly ChatEvent[];
  state: ConversationState;
  /** fresh id for the message box */
  clientId: string;
  /** another fresh id for the buttons: going back and answering the other way must not reuse one */
  choiceClientId: string;
  words: PageWords;
  /** why the last message was not taken, with numbers that answer; lines separated by \n */
  notice?: string;
  /** the text given back when it was refused */
  draft?: string;
  /** whether there is a conversation; before it there are introductory lines and a start button */
  started: boolean;
};

/** What a page that only says something shows. */
export type NoticeView = {
  language: string;
  direction: 'ltr' | 'rtl';
  words: PageWords;
  title: string;
  lines: readonly string[];
  /** where the link leads; without it there is none */
  backHref?: string;
  /** where the browser goes by itself, at once: the exit, where a redirect is not possible */
  forwardHref?: string;
};

/** Whom one talks with. Nobody has come yet while one waits: it is still the bot. */
const TALKING_WITH = {
  bot: 'bot',
  waiting: 'bot',
  withWorker: 'worker',
  closed: 'ended',
} as const satisfies Record<ConversationState, keyof PageWords>;

/**
 * The young person's page as HTML that needs no JavaScript: the log, the buttons of the newest question, a
 * message box and the exit. Works by `POST /messages`, `POST /exit` and `GET /`; the script improves it in place.
 *
 * @param view what to show; every string in it is escaped
 * @returns a whole HTML document
 */
export function renderPage(view: PageView): string {
  const { words } = view;
  return frame(
    view,
    words.title,
    html`<script type="module" src="/chat/chat.js"></script>`,
    html`<main id="chat" data-words="${scriptWords(words)}"${view.started && html` data-started`}>
<div id="scroll" class="reversed" role="log" aria-live="polite" aria-label="${words.log}" tabindex="0">
<div class="flow">
${languages(view)}
${!view.started && html`<div id="intro">${words.intro.split('\n').map(line => html`<p>${line}</p>\n`)}</div>`}
<ol id="log">${log(view)}</ol>
<ol id="outbox"></ol>
${choices(view)}
${view.started && html`<noscript><p class="hint">${words.noScript}</p></noscript>`}
</div>
</div>
<p id="offline" class="banner" role="status" hidden>${words.offline}</p>
<p id="notice" class="banner" role="alert"${!view.notice && html` hidden`}>${view.notice}</p>
<div id="announce" class="unseen" aria-live="polite"></div>
${messageBox(view)}
</main>`,
    html`<p id="state">${words[TALKING_WITH[view.state]]}</p>`,
  ).text;
}

/**
 * A small page without script: not found, not working (with the numbers as `lines`), exit without redirect.
 *
 * @param view what to show; every string in it is escaped
 * @returns a whole HTML document
 */
export function renderNotice(view: NoticeView): string {
  return frame(
    view,
    view.words.title,
    view.forwardHref ? html`<meta http-equiv="refresh" content="0;url=${view.forwardHref}">` : html``,
    html`<main id="scroll" class="note" tabindex="-1">
<h2>${view.title}</h2>
${view.lines.map(line => html`<p dir="auto">${line}</p>\n`)}
${view.backHref && html`<p><a href="${view.backHref}">${view.words.back}</a></p>`}
</main>`,
    html``,
  ).text;
}

/** What both pages share. The exit comes first after the skip link and before everything else. */
function frame(
  view: Pick<PageView, 'language' | 'direction' | 'words'>,
  title: string,
  head: Html,
  main: Html,
  state: Html,
): Html {
  const { words } = view;
  return html`<!DOCTYPE html>
<html lang="${view.language}" dir="${view.direction}">
<head>
<meta charset="utf-8">
<title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex, nofollow, noarchive">
<meta name="color-scheme" content="light dark">
<link rel="icon" type="image/svg+xml" href="/icon.svg">
<link rel="stylesheet" href="/chat/chat.css">
${head}
</head>
<body>
<a id="skip" href="#scroll">${words.skipLink}</a>
<header id="top">
<form method="post" action="/exit"><button id="exit">${words.exit}</button></form>
<div><h1>${words.service}</h1>${state}</div>
</header>
${main}
</body>
</html>
`;
}

function scriptWords(words: PageWords): string {
  return JSON.stringify(Object.fromEntries(SCRIPT_WORDS.map(key => [key, words[key]])));
}

function log({ events, words }: PageView): Html[] {
  const newestOwn = events.findLast(event => event.from === 'you');
  return events.map(
    event => html`<li class="${event.from}" data-seq="${event.seq}"><span class="who">${words[event.from]}</span>
<p dir="auto">${event.text}</p>${event === newestOwn && html`<small>${words.sent}</small>`}</li>\n`,
  );
}

/** A form of its own: a button in the message form would send the half-written text along with it. */
function choices(view: PageView): Html {
  const offered = offer(view);
  return html`<form id="choices" method="post" action="/messages" autocomplete="off" aria-label="${view.words.choices}"${offered.length === 0 && html` hidden`}>
<input type="hidden" name="client_id" value="${view.choiceClientId}">
<div id="offered">${offered.map(
    choice => html`<button name="choice" value="${choice.value}" dir="auto">${choice.label}</button>\n`,
  )}</div>
</form>`;
}

/** Each under its own name, so that whoever cannot read this page finds the way out of its language. */
function languages({ languages: others, words, choiceClientId }: PageView): Html {
  if (others.length === 0) return html``;
  return html`<form id="languages" method="post" action="/messages" autocomplete="off" aria-label="${words.languages}">
<input type="hidden" name="client_id" value="l${choiceClientId}">
${others.map(({ value, label }) => html`<button name="choice" value="${value}" lang="${value.slice('language.'.length)}" dir="auto">${label}</button>\n`)}</form>`;
}

function offer({ started, state, events, words }: PageView): readonly Choice[] {
  if (!started) return [{ value: 'start', label: words.start }];
  if (state === 'closed') return [{ value: 'start', label: words.startAgain }];
  return openChoices(events);
}

/**
 * The buttons that may still be pressed: those of the newest question after the person's last line.
 *
 * @param events lines by seq
 * @returns its choices, or none
 */
export function openChoices(events: readonly ChatEvent[]): readonly Choice[] {
  const sinceOwn = events.slice(events.findLastIndex(event => event.from === 'you') + 1);
  return sinceOwn.findLast(event => event.choices && event.choices.length > 0)?.choices ?? [];
}

/** `spellcheck="false"`: some browsers send what is being typed to a spelling service. */
function messageBox({ words, clientId, draft }: PageView): Html {
  // Parsers drop the first line break inside a textarea, so one is always written for them to drop.
  return html`<form id="say" method="post" action="/messages" autocomplete="off">
<input type="hidden" name="client_id" value="${clientId}">
<div class="above"><label for="text">${words.message}</label><a id="check" href="/">${words.checkNew}</a></div>
<div class="box"><textarea id="text" name="text" rows="2" maxlength="${MAX_TEXT}" autocomplete="off" spellcheck="false" dir="auto">
${draft}</textarea>
<button>${words.send}</button></div>
</form>`;
}
