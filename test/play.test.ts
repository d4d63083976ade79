import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { play } from '../src/commands/play.ts';
import { beginPlay, enterFlow, type PlayWorld, press, wait, write } from '../src/conversation/play.ts';
import { makeBundle } from '../src/flows/bundle.ts';
import { content, flowOf, TEA } from './support/small-flow.ts';

describe('a play', () => {
  const AT = Date.UTC(2026, 0, 13, 3);
  const bundle = makeBundle('test', [...content.flows, flowOf(TEA)], content.texts);
  const offDuty: PlayWorld = { ...content, bundle, onDuty: false };
  const begin = (channel: 'web' | 'sms', flow: string | null = 'heron') => {
    const play = beginPlay(offDuty, channel, AT, 'en');
    if (flow) enterFlow(offDuty, play, flow);
    return play;
  };
  const texts = (lines: { mark: string; text: string }[]) => lines.map(({ mark, text }) => `${mark} ${text}`);

  test('[PLAY-1] that begins at a flow goes on in it; any other begins as a first message does', () => {
    expect(texts(write(offDuty, begin('web'), 'tea'))[0]).toBe('< You chose Tea.');
    const first = texts(write(offDuty, begin('web', null), 'tea'));
    expect(first.length).toBeGreaterThan(1);
    expect(first[0]).not.toContain('tea');
  });

  test('[PLAY-2] shows buttons by their numbers on the web, and texts as they would be sent by SMS', () => {
    const web = enterFlow(offDuty, beginPlay(offDuty, 'web', AT, 'en'), 'heron');
    expect(texts(web)).toEqual([
      '< What do you want?\n[1] Tea\n[2] He is outside my door with a knife\n[3] Talk to a person',
    ]);
    expect(texts(write(offDuty, begin('sms'), '1'))).toEqual([
      '< You chose Tea.\n\nAnything more?\n1 Nothing\n2 More\n3 Talk to a person',
    ]);
  });

  test('[PLAY-3] reads risk in what is typed and none in a button that is pressed', () => {
    const typed = texts(write(offDuty, begin('web'), 'He is outside my door with a knife'));
    expect(typed).toContainEqual(expect.stringMatching(/^! alert, severity 3: .*immediate/));
    expect(typed.at(-1)).toBe('! waits for a person');
    expect(texts(press(offDuty, begin('web'), 'He is outside my door with a knife'))[0]).toBe(
      '< You chose He is outside my door with a knife.',
    );
    expect(texts(press(offDuty, begin('web'), '2'))[0]).toBe(
      '< You chose He is outside my door with a knife.',
    );
    expect(texts(press(offDuty, begin('sms'), 'He is outside my door with a knife'))[0]).toContain(
      'You chose He is outside my door with a knife.',
    );
    expect(texts(press(offDuty, begin('web'), 'Coffee'))).toEqual(['! There is no button "Coffee".']);
  });

  test('[PLAY-4] lets the button of an earlier question be pressed on the web, and there alone', () => {
    for (const channel of ['web', 'sms'] as const) {
      const play = begin(channel);
      write(offDuty, play, 'tea');
      const [late] = texts(press(offDuty, play, 'He is outside my door with a knife'));
      expect(late).toBe(
        channel === 'web'
          ? `< ${content.service.stale}`
          : '! There is no button "He is outside my door with a knife".',
      );
    }
  });

  test('[PLAY-5] tells what goes to people: texts stopped and allowed again, a wish to be deleted, a page left', () => {
    const sms = begin('sms');
    expect(texts(write(offDuty, sms, 'STOP'))).toContain('! texts stopped');
    expect(texts(write(offDuty, sms, 'START'))).toContain('! texts allowed again');
    expect(texts(write(offDuty, sms, 'EXIT'))).toContain('! texts paused until they write');
    const deleted = texts(write(offDuty, sms, 'DELETE'));
    expect(deleted).toEqual([
      '! asked to be deleted',
      '! everything is destroyed',
      `< ${content.service['delete.sms']}`,
    ]);
    const web = begin('web');
    expect(texts(write(offDuty, web, 'DELETE'))).toContain(`< ${content.service['delete.done']}`);
    expect(texts(write(offDuty, begin('web'), 'EXIT'))).toEqual(['! left the page']);
  });

  test('[PLAY-6] begins another chat when they write after the end of one, as the service does', () => {
    const again = '! a new chat begins';
    for (const word of ['DELETE', 'EXIT']) {
      const web = begin('web');
      write(offDuty, web, word);
      expect(texts(write(offDuty, web, 'hello'))[0]).toBe(again);
    }
    const sms = begin('sms');
    write(offDuty, sms, 'EXIT');
    expect(texts(write(offDuty, sms, 'hello'))[0]).not.toBe(again);
    wait(offDuty, sms, 25 * 3_600_000);
    expect(texts(write(offDuty, sms, 'hello'))[0]).toBe(again);
  });

  test('[PLAY-7] lets what falls due happen in its order, each at its time', () => {
    const play = begin('web');
    write(offDuty, play, 'HUMAN');
    const lines = texts(wait(offDuty, play, 11 * 60_000));
    expect(lines.filter(line => line.includes('You have waited')).map(line => line.slice(0, 20))).toEqual([
      '< You have waited 2 ',
      '< You have waited 10',
    ]);
    expect(play.now).toBe(AT + 11 * 60_000);
  });

  test('[PLAY-8] refuses what it does not know, and names what there is', async () => {
    const printed: string[] = [];
    const keep = (line: string) => void printed.push(line);
    const run = async (...words: string[]) => {
      printed.length = 0;
      return { code: await play(words), said: printed.join('\n') };
    };
    const [log, error] = [vi.spyOn(console, 'log'), vi.spyOn(console, 'error')];
    const folder = mkdtempSync(join(tmpdir(), 'cairn-play-'));
    try {
      for (const spy of [log, error]) spy.mockImplementation(keep);
      expect(await run('--lng', 'xx')).toEqual({ code: 2, said: expect.stringContaining('en (English)') });
      expect(await run('nowhere')).toEqual({ code: 2, said: expect.stringContaining('refuge') });
      const wrongTime = await run('--at', 'tomorrow');
      expect(wrongTime).toEqual({ code: 2, said: expect.stringContaining('--at "2026-01-13 03:00"') });
      writeFileSync(join(folder, 'a.txt'), '> hello\n< An old answer.\n');
      const played = await run('refuge', '--sms', '--off-duty', '--script', join(folder, 'a.txt'));
      expect(played).toEqual({ code: 0, said: expect.stringContaining('\n> hello\n< ') });
      expect(played.said).not.toContain('An old answer.');
    } finally {
      for (const spy of [log, error]) spy.mockRestore();
      rmSync(folder, { recursive: true });
    }
  }, 30_000);
});
