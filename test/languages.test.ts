import { describe, expect, test } from 'vitest';
import {
  readTranslation,
  sourceOf,
  standings,
  type Translation,
  textsWith,
} from '../src/flows/translation.ts';
import { keysIn, makeWords, type Texts } from '../src/words.ts';
import { buttonsIn, content, flowOf, knownOf, press, saidIn, standing, write } from './support/small-flow.ts';

const WREN = flowOf(`flow: welcome
title: Wren
start: menu
steps:
  menu:
    ask: Which one?
    choices:
      tea: { label: Tea, words: [cuppa], go: done }
      water: { label: Water, go: done }
  done: { say: Done., end: over }
`);

/** Words that only a test could mean, in a language that is written from left to right and one that is not. */
const TEXTS: Texts = {
  en: { service: content.service },
  pl: {
    service: {
      'language.name': 'Polski',
      'language.done': 'Po polsku.',
      'always.language': 'polski|po polsku',
      'always.person': 'pomoc|człowiek',
      'choice.person': 'Rozmowa z człowiekiem',
      'waiting.asked': 'Poprosiłem człowieka.',
    },
    welcome: {
      'menu.ask': 'Co wybierasz?',
      'menu.choices.tea': 'Herbata',
      'menu.choices.tea.words': 'herbatka|czaj',
      'menu.choices.water': 'Woda',
      'done.say.0': 'Gotowe.',
    },
  },
};
const known = knownOf([WREN], TEXTS);
const polish = standing('welcome', 'menu', { language: 'pl' });

describe('a language', () => {
  test.each([
    'web',
    'sms',
  ] as const)('[LANG-1] is changed by its name, by %s, and the open question is put in it', channel => {
    const changed = write(standing('welcome', 'menu', { channel }), 'Polski!', known);
    expect(changed.conversation).toMatchObject({ language: 'pl', place: { step: 'menu' }, misses: 0 });
    expect(saidIn(changed)).toEqual(['Po polsku.', 'Co wybierasz?']);
    expect(buttonsIn(changed)).toEqual(['Herbata', 'Woda', 'Rozmowa z człowiekiem']);
    expect(write(changed.conversation, 'english', known).conversation.language).toBe('en');
  });

  test('[LANG-2] named in the first message is the language of the welcome', () => {
    const fresh = { ...standing('welcome', 'menu'), place: null, lastSeq: 0 };
    for (const begun of [write(fresh, 'po polsku', known), press(fresh, 'language.pl', known)])
      expect(saidIn(begun)).toEqual(['Po polsku.', 'Co wybierasz?']);
  });

  test('[LANG-3] that is not offered changes nothing', () => {
    const asked = press(standing('welcome', 'menu'), 'language.fr', known);
    expect(asked.conversation.language).toBe('en');
    expect(saidIn(asked)[0]).toBe(content.service.stale);
  });

  test.each([
    'herbata',
    'czaj',
    'Tea',
    'cuppa',
    '1',
  ])('[LANG-4] has its own words, and English ones count too: "%s"', said => {
    expect(saidIn(write(polish, said, known))).toEqual(['Gotowe.']);
  });

  test.each([
    'pomoc',
    'czlowiek',
    'HELP',
  ])('[LANG-5] has its own words that always work, accents or not, in every language: "%s"', said => {
    for (const language of ['pl', 'en']) {
      const { conversation } = write(standing('welcome', 'menu', { language }), said, known);
      expect(conversation.state).toBe('waiting');
    }
  });
});

describe('words of two languages', () => {
  const YESNO = flowOf(`flow: welcome
title: Wren
start: menu
steps:
  menu:
    ask: Which?
    choices:
      yes: { label: "Yes", words: [y], go: done }
      no: { label: "No", go: done }
      pl: { label: Polish, words: [polski], go: done }
  done: { say: Done., end: over }
`);
  const labels = { 'menu.choices.yes': 'Tak', 'menu.choices.no': 'Nie', 'done.say.0': 'Gotowe.' };
  const both = knownOf([YESNO], { ...TEXTS, pl: { ...TEXTS.pl, welcome: labels } });

  test('[LANG-14] English words of one or two letters count in English alone', () => {
    for (const said of ['no', 'y']) {
      expect(saidIn(write(standing('welcome', 'menu'), said, both))).toEqual(['Done.']);
      expect(write(polish, said, both).conversation.place?.step).toBe('menu');
    }
    expect(saidIn(write(polish, 'yes', both))).toEqual(['Gotowe.']);
  });

  test('[LANG-15] the name of a language may be the answer to what was asked', () => {
    const answered = write(standing('welcome', 'menu'), 'Polski', both);
    expect(answered.conversation).toMatchObject({ language: 'en', place: null });
  });

  test.each(['٢', '۲', '2'])('[LANG-16] %s is a number too', digit => {
    expect(saidIn(write(standing('welcome', 'menu'), digit, both))).toEqual(['Done.']);
  });
});

describe('plural forms', () => {
  const forms = (language: string) =>
    Object.fromEntries(keysIn(language, 'n_other').map(key => [key, `${key} {{count}}`]));
  const words = makeWords({
    en: { service: { n_one: 'one {{count}}', n_other: 'other {{count}}' } },
    pl: { service: forms('pl') },
    ar: { service: forms('ar') },
    cy: { service: forms('cy') },
  });

  test.each([
    ['en', 1, 'one 1'],
    ['en', 10, 'other 10'],
    ['pl', 2, 'n_few 2'],
    ['pl', 10, 'n_many 10'],
    ['pl', 30, 'n_many 30'],
    ['ar', 2, 'n_two 2'],
    ['ar', 10, 'n_few 10'],
    ['ar', 30, 'n_many 30'],
    ['cy', 2, 'n_two 2'],
    ['cy', 30, 'n_other 30'],
    ['fr', 30, 'other 30'],
  ])('[LANG-6] in %s, %i is said as "%s"', (language, count, said) => {
    expect(words.text('service', 'n', language, { count })).toBe(said);
  });
});

describe('a translation', () => {
  const english = { welcome: { 'menu.ask': 'Which one?', 'done.say.0': 'Done.' } };
  const own = (texts: Translation['texts'], approved = false): Translation => ({
    language: 'pl',
    namespace: 'welcome',
    approved,
    texts,
  });
  const ask = { of: sourceOf('Which one?'), text: 'Co?' };

  test('[LANG-7] whose English has changed since is stale, and English is said in its place', () => {
    const translations = [own({ 'menu.ask': ask, 'done.say.0': { of: sourceOf('Over.'), text: 'Koniec.' } })];
    expect(standings(english, translations, 'pl').map(({ standing }) => standing)).toEqual([
      'draft',
      'stale',
    ]);
    const words = makeWords(textsWith(english, translations));
    expect(words.text('welcome', 'menu.ask', 'pl')).toBe('Co?');
    expect(words.text('welcome', 'done.say.0', 'pl')).toBe('Done.');
  });

  test('[LANG-8] that is missing is known; one that somebody fluent has read is done', () => {
    const found = standings(english, [own({ 'menu.ask': ask }, true)], 'pl');
    expect(found.map(({ standing }) => standing)).toEqual(['done', 'missing']);
  });

  test.each([
    ['{', 'not a JSON file'],
    ['{"texts": {}}', '"approved"'],
    ['{"approved": false, "texts": {"a": "b"}}', '"texts > a"'],
  ])('[LANG-9] that is written wrongly is told in a sentence', (source, part) => {
    const { problems } = readTranslation(source, 'locales/pl/welcome.json');
    expect(problems).toEqual([
      { file: 'locales/pl/welcome.json', line: 1, message: expect.stringContaining(part) },
    ]);
  });
});
