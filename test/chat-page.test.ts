import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  openChoices,
  PAGE_WORDS,
  type PageView,
  type PageWords,
  renderNotice,
  renderPage,
} from '../src/browser/chat/page.ts';
import { type ChatEvent, type From, MAX_TEXT } from '../src/channels/protocol.ts';

const CHAT = join(import.meta.dirname, '..', 'src', 'browser', 'chat');

/** Every word is its own key in brackets, so that a test sees which one was shown. */
const words: PageWords = {
  title: '[title]',
  intro: '[intro]',
  start: '[start]',
  log: '[log]',
  choices: '[choices]',
  message: '[message]',
  send: '[send]',
  exit: '[exit]',
  checkNew: '[checkNew]',
  skipLink: '[skipLink]',
  noScript: '[noScript]',
  you: '[you]',
  bot: '[bot]',
  worker: '[worker]',
  service: '[service]',
  ended: '[ended]',
  startAgain: '[startAgain]',
  sending: '[sending]',
  sent: '[sent]',
  notSent: '[notSent]',
  notSentYet: '[notSentYet]',
  tryAgain: '[tryAgain]',
  offline: '[offline]',
  back: '[back]',
  languages: '[languages]',
  tooLong: '[tooLong]',
};

const yesNo = [
  { value: 'safe:yes', label: 'Yes' },
  { value: 'safe:no', label: 'No' },
];

function event(seq: number, from: From, text: string, choices?: ChatEvent['choices']): ChatEvent {
  return { seq, from, text, at: 0, ...(choices ? { choices } : {}) };
}

function render(changes: Partial<PageView> = {}): string {
  return renderPage({
    language: 'en',
    direction: 'ltr',
    languages: [],
    events: [event(1, 'you', 'hello'), event(2, 'bot', 'Are you safe?', yesNo)],
    state: 'bot',
    clientId: 'id-of-the-box',
    choiceClientId: 'id-of-the-buttons',
    words,
    started: true,
    ...changes,
  });
}

/** Everything that a browser may take for a tag, a comment or a character reference that we did not write. */
const tags = (page: string) => page.match(/<[a-z!/?]/gi)?.length ?? 0;
const formTo = (page: string, id: string) =>
  page.match(new RegExp(`<form id="${id}".*?</form>`, 's'))?.[0] ?? '';
const shown = (escaped: string) =>
  escaped
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&#13;', '\r')
    .replaceAll('&amp;', '&');

const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(
        '<script>',
        '</script>',
        '</textarea>',
        '</p>',
        '</title>',
        '<!--',
        '-->',
        '<img src=x onerror=alert(1)>',
        '"',
        "'",
        '>',
        '&lt;script&gt;',
        '" onclick="x',
        "' autofocus onfocus='x",
        '\r\n',
        '`',
        '=',
      ),
      { maxLength: 8 },
    )
    .map(parts => parts.join('')),
);

describe('what people wrote is shown and never obeyed', () => {
  const everywhere = (text: string) =>
    render({
      events: [event(1, 'you', text), event(2, 'worker', text, [{ value: text, label: text }])],
      notice: `n${text}`,
      draft: text,
    });

  test('[WEB-1] no text adds a tag, wherever it stands', () => {
    const plain = tags(everywhere('plain'));
    fc.assert(fc.property(hostile, text => tags(everywhere(text)) === plain));
  });

  test('[WEB-1] no text becomes script, and the only script is our own file', () => {
    fc.assert(
      fc.property(hostile, text => {
        const scripts = everywhere(`<script>${text}`).match(/<script[^>]*>/gi);
        expect(scripts).toEqual(['<script type="module" src="/chat/chat.js">']);
      }),
    );
  });

  test('[WEB-2] every text arrives whole: unescaped again it is what was written', () => {
    fc.assert(
      fc.property(hostile, text => {
        const page = render({
          events: [event(1, 'worker', text, [{ value: text, label: 'x' }])],
          draft: text,
        });
        const value = page.match(/name="choice" value="([^"]*)" dir="auto">x</)?.[1] ?? 'missing';
        expect(shown(value)).toBe(text.replaceAll('\0', '\uFFFD'));
        const line = page.match(/<p dir="auto">(.*?)<\/p>/s)?.[1] ?? 'missing';
        const draft = page.match(/<textarea[^>]*>\n(.*?)<\/textarea>/s)?.[1] ?? 'missing';
        expect(shown(line)).toBe(text.replaceAll('\0', '\uFFFD'));
        expect(shown(draft)).toBe(text.replaceAll('\0', '\uFFFD'));
      }),
    );
  });

  test('[WEB-3] no page carries inline script, inline style or an address of another site', () => {
    const notice = renderNotice({
      language: 'en',
      direction: 'ltr',
      words,
      title: 't',
      lines: ['l'],
      backHref: '/',
    });
    for (const page of [render(), render({ started: false, events: [] }), notice]) {
      expect(page).not.toMatch(/<style|\sstyle=|\son[a-z]+=|javascript:/i);
      expect(page).not.toMatch(/<script(?! type="module" src="\/chat\/chat\.js">)/);
      expect(page).not.toMatch(/(?:href|src|action)="(?!\/(?!\/)|#)/);
    }
  });
});

describe('the page works without JavaScript', () => {
  test('[WEB-4] the message box is a form that sends text and its own id', () => {
    const form = formTo(render(), 'say');
    expect(form).toContain('method="post" action="/messages"');
    expect(form).toContain('<input type="hidden" name="client_id" value="id-of-the-box">');
    expect(form).toMatch(/<label for="text">\[message\]<\/label>/);
    expect(form).toMatch(
      new RegExp(`<textarea id="text" name="text"[^>]* maxlength="${MAX_TEXT}" autocomplete="off"`),
    );
    expect(form).toContain('<button>[send]</button>');
  });

  test('[WEB-4] the box is open in every state', () => {
    for (const state of ['bot', 'waiting', 'withWorker', 'closed'] as const) {
      expect(formTo(render({ state }), 'say')).toContain('name="text"');
    }
    expect(formTo(render({ started: false, events: [] }), 'say')).toContain('name="text"');
  });

  test('[WEB-5] choices are a form of their own, with another id and without the text', () => {
    const form = formTo(render(), 'choices');
    expect(form).toContain('method="post" action="/messages"');
    expect(form).toContain('<input type="hidden" name="client_id" value="id-of-the-buttons">');
    expect(form).toContain('<button name="choice" value="safe:no" dir="auto">No</button>');
    expect(form).not.toContain('name="text"');
    expect(formTo(render(), 'say')).not.toContain('name="choice"');
  });

  test.each<[string, ChatEvent[], string[]]>([
    ['none before anything is asked', [], []],
    [
      'of the newest question',
      [event(1, 'bot', 'a', [{ value: 'old', label: 'o' }]), event(2, 'bot', 'b', yesNo)],
      ['safe:yes', 'safe:no'],
    ],
    ['none once answered', [event(1, 'bot', 'a', yesNo), event(2, 'you', 'Yes')], []],
    [
      'still there when a plain line follows',
      [event(1, 'bot', 'a', yesNo), event(2, 'service', 'b')],
      ['safe:yes', 'safe:no'],
    ],
    [
      'of the question after the answer',
      [
        event(1, 'bot', 'a', [{ value: 'old', label: 'o' }]),
        event(2, 'you', 'x'),
        event(3, 'bot', 'b', yesNo),
      ],
      ['safe:yes', 'safe:no'],
    ],
    [
      'not replaced by an empty list',
      [event(1, 'bot', 'a', yesNo), event(2, 'bot', 'b', [])],
      ['safe:yes', 'safe:no'],
    ],
  ])('[WEB-6] open choices: %s', (_name, events, values) => {
    expect(openChoices(events).map(choice => choice.value)).toEqual(values);
  });

  test('[WEB-7] before the first message: introduction, start button, no events asked for', () => {
    const page = render({ started: false, events: [] });
    expect(page).toContain('[intro]');
    expect(formTo(page, 'choices')).toContain(
      '<button name="choice" value="start" dir="auto">[start]</button>',
    );
    expect(page).not.toContain('data-started');
    expect(render()).not.toContain('[intro]');
    expect(render()).toContain('data-started');
  });

  test('[WEB-8] a closed chat offers a new one instead of old buttons', () => {
    const form = formTo(render({ state: 'closed' }), 'choices');
    expect(form).toContain('value="start" dir="auto">[startAgain]<');
    expect(form).not.toContain('safe:yes');
  });

  test('[WEB-9] there is a way to look for answers, and it says why it is needed', () => {
    expect(render()).toContain('<a id="check" href="/">[checkNew]</a>');
    expect(render()).toMatch(/<noscript><p[^>]*>\[noScript\]/);
  });

  test('[WEB-10] what was refused comes back with the reason', () => {
    const page = render({ notice: 'first line\nsecond line', draft: 'my words' });
    expect(page).toMatch(/<p id="notice" class="banner" role="alert">first line\nsecond line<\/p>/);
    expect(page).toContain('>\nmy words</textarea>');
    expect(render()).toMatch(/<p id="notice"[^>]* hidden><\/p>/);
  });

  test('[WEB-10] a line break at the start of a draft is kept', () => {
    expect(render({ draft: '\nx' })).toContain('>\n\nx</textarea>');
  });
});

describe('who speaks, and to whom', () => {
  test('[WEB-11] every line names its speaker in words', () => {
    const from: From[] = ['you', 'bot', 'worker', 'service'];
    const page = render({ events: from.map((who, index) => event(index + 1, who, `line ${index}`)) });
    for (const [index, who] of from.entries()) {
      expect(page).toContain(
        `<li class="${who}" data-seq="${index + 1}"><span class="who">[${who}]</span>\n<p dir="auto">line ${index}</p>`,
      );
    }
  });

  test.each([
    ['bot', '[bot]'],
    ['waiting', '[bot]'],
    ['withWorker', '[worker]'],
    ['closed', '[ended]'],
  ] as const)('[WEB-11] while %s the page says with whom one talks: %s', (state, word) => {
    expect(render({ state })).toContain(`<p id="state">${word}</p>`);
  });

  test('[WEB-12] only the newest own line is marked as sent', () => {
    const page = render({ events: [event(1, 'you', 'a'), event(2, 'bot', 'b'), event(3, 'you', 'c')] });
    expect(page.match(/<small>\[sent\]<\/small>/g)).toHaveLength(1);
    expect(page).toContain('<p dir="auto">c</p><small>[sent]</small>');
  });

  test('[WEB-13] screen readers: a log that can be reached, a skip link that leads somewhere, a language', () => {
    const page = render({ language: 'ar', direction: 'rtl' });
    expect(page).toContain('<html lang="ar" dir="rtl">');
    expect(page).toMatch(
      /<div id="scroll"[^>]* role="log" aria-live="polite" aria-label="\[log\]" tabindex="0">/,
    );
    expect(page).toContain('<a id="skip" href="#scroll">[skipLink]</a>');
  });
});

describe('leaving', () => {
  const notice = (changes = {}) =>
    renderNotice({
      language: 'en',
      direction: 'ltr',
      words,
      title: '[notice]',
      lines: ['one', 'two'],
      ...changes,
    });

  test('[EXIT-1] the exit is on every page, by form, first after the skip link', () => {
    for (const page of [
      render(),
      render({ started: false, events: [] }),
      render({ state: 'closed' }),
      notice(),
    ]) {
      const body = page.slice(page.indexOf('<body>'));
      const reachable = body.match(/<(?:a|button|input|textarea)\b[^>]*>/g) ?? [];
      expect(reachable.slice(0, 2)).toEqual(['<a id="skip" href="#scroll">', '<button id="exit">']);
      expect(body).toContain('<form method="post" action="/exit"><button id="exit">[exit]</button></form>');
    }
  });

  test('[EXIT-2] nothing of the page stays: neutral title, no referrer, no completion, no spelling service', () => {
    const page = render({ draft: 'half written' });
    expect(page).toContain('<title>[title]</title>');
    expect(page).toContain('<meta name="referrer" content="no-referrer">');
    expect(page).toMatch(/<meta name="robots" content="noindex/);
    expect(page).toMatch(/<textarea[^>]* autocomplete="off" spellcheck="false"/);
    expect(page.match(/<form id="[a-z]+"[^>]* autocomplete="off"/g)).toHaveLength(2);
    expect(page).not.toMatch(/og:|manifest/);
    expect(notice({ title: 'Service name' })).toContain('<title>[title]</title>');
  });

  test('[EXIT-3] a page can lead away by itself where a redirect is not possible', () => {
    const page = notice({ forwardHref: 'https://example.org/?a="b"' });
    expect(page).toContain(
      '<meta http-equiv="refresh" content="0;url=https://example.org/?a=&quot;b&quot;">',
    );
    expect(notice()).not.toContain('http-equiv');
    expect(notice()).not.toContain('<script');
  });

  test('[EXIT-4] the script keeps nothing on the device and adds nothing to the history', () => {
    const forbidden =
      /localStorage|sessionStorage|indexedDB|serviceWorker|pushState|replaceState|document\.cookie|innerHTML|outerHTML|insertAdjacentHTML|document\.write|caches\b|location\.(href|assign|hash)|Notification/;
    const sources = readdirSync(CHAT).filter(name => name.endsWith('.ts'));
    expect(sources).toContain('chat.ts');
    for (const name of sources) expect(readFileSync(join(CHAT, name), 'utf8'), name).not.toMatch(forbidden);
  });
});

test('[WEB-14] the English words hold every string of the page', () => {
  const path = join(import.meta.dirname, '..', 'locales', 'en', 'service.json');
  const english: Record<string, unknown> = JSON.parse(readFileSync(path, 'utf8'));
  const missing = PAGE_WORDS.filter(key => !english[`page.${key}`]);
  expect(missing).toEqual([]);
  expect(english).toHaveProperty('tooLong');
});
