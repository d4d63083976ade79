import { afterEach, describe, expect, test } from 'vitest';
import { ENGINES } from '../support/postgres.ts';
import { content } from '../support/small-flow.ts';
import { type Cairn, startCairn } from '../support/start.ts';

let cairn: Cairn;
afterEach(() => cairn.close());

/** The shipped words, and a little of a language that is written from right to left. */
const texts = {
  en: content.texts.en ?? {},
  ar: {
    service: {
      'language.name': 'العربية',
      'language.done': 'سأكتب بالعربية.',
      'always.language': 'العربية|arabic',
      'page.start': 'ابدأ',
    },
    welcome: { 'menu.ask': 'ماذا تريد؟' },
  },
};

describe.each(ENGINES)('a conversation in another language, on %s', engine => {
  const start = async () => {
    cairn = await startCairn({ engine, content: { ...content, texts } });
    return cairn.youngPerson();
  };
  const inArabic = { headers: { 'accept-language': 'ar-SY,en;q=0.5' } };

  test('[LANG-10] the page is in the offered language that the browser likes best, in its direction', async () => {
    const robin = await start();
    const page = await (await robin.fetch('/', inArabic)).text();
    expect(page).toContain('<html lang="ar" dir="rtl">');
    expect(page).toContain('ابدأ');
    const other = await (await robin.fetch('/', { headers: { 'accept-language': 'fr' } })).text();
    expect(other).toContain('<html lang="en" dir="ltr">');
    expect(other).toMatch(/value="language.ar" lang="ar"[^>]*>العربية</);
  });

  test('[LANG-11] a conversation begins in it, and keeps its own language from then on', async () => {
    const robin = await start();
    await robin.fetch('/', inArabic);
    const begun = await robin.fetch('/messages', {
      method: 'POST',
      ...inArabic,
      headers: { ...inArabic.headers, 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ client_id: 'first', choice: 'start' }),
    });
    expect(await begun.json()).toMatchObject({ ok: true, language: 'ar' });
    expect(await robin.open()).toContain('<html lang="ar" dir="rtl">');
    const lines = await robin.write('MENU');
    expect(lines.map(({ text }) => text)).toContain('ماذا تريد؟');
    await robin.write('English');
    expect((await robin.events()).language).toBe('en');
    expect(await robin.open()).toContain('<html lang="en" dir="ltr">');
  });

  test('[LANG-12] by SMS it is changed by a text with the name of the language', async () => {
    await start();
    const robin = cairn.phone();
    expect((await robin.text('Arabic')).join('\n')).toContain('سأكتب بالعربية.');
    expect((await robin.text('menu')).join('\n')).toContain('ماذا تريد؟');
  });
});
