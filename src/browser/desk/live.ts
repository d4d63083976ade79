import { useEffect, useRef, useState } from 'react';
import { io } from 'socket.io-client';
import type { DeskPoke } from '../../channels/protocol.ts';
import { client, NoAnswer, outbox, theConversation, theDesk } from './server.ts';

const POLL_LIVE_MS = 30_000;
const POLL_ALONE_MS = 5000;
const REJOIN_MS = 1000;

type Wish = { desk: boolean; chat: boolean };

/**
 * A doorbell: ring it as often as you like; `read` runs once at a time, and once more when the bell rang
 * meanwhile, so that nothing committed during a reading is missed and a storm of pokes is one reading.
 */
export function doorbell(read: (wish: Wish) => Promise<unknown>): (wish: Wish) => void {
  let wanted: Wish = { desk: false, chat: false };
  let reading = false;
  return async wish => {
    wanted = { desk: wanted.desk || wish.desk, chat: wanted.chat || wish.chat };
    if (reading) return;
    reading = true;
    try {
      while (wanted.desk || wanted.chat) {
        const now = wanted;
        wanted = { desk: false, chat: false };
        await read(now);
      }
    } finally {
      reading = false;
    }
  };
}

/** Reads what is wished for; gives whether everything was answered (a refusal is an answer too). */
async function readNow(open: string | null, wish: Wish): Promise<boolean> {
  const keys = [
    ...(wish.desk ? [theDesk.queryKey] : []),
    ...(wish.chat && open !== null ? [theConversation(open).queryKey] : []),
  ];
  await Promise.all(keys.map(queryKey => client.refetchQueries({ queryKey })));
  return keys.every(queryKey => {
    const error = client.getQueryState(queryKey)?.error;
    return !(error instanceof NoAnswer) || error.refusal !== null;
  });
}

function joinSocket(onPoke: (poke: DeskPoke) => void, onUp: (up: boolean) => void): () => void {
  const socket = io({ path: '/desk-socket', reconnectionDelayMax: 5000 });
  let again: ReturnType<typeof setTimeout> | undefined;
  // Where the server ended it (restart, refused), the library waits for us to try again.
  const rejoin = () => {
    clearTimeout(again);
    if (!socket.active) again = setTimeout(() => socket.connect(), REJOIN_MS + Math.random() * 4000);
  };
  socket.on('connect', () => onUp(true));
  socket.on('disconnect', () => {
    onUp(false);
    rejoin();
  });
  socket.on('connect_error', rejoin);
  socket.on('desk', onPoke);
  return () => {
    clearTimeout(again);
    socket.disconnect();
  };
}

/**
 * Keeps the lists and the open conversation right: reads them again on every poke, connect, return to the
 * page, return of the network, and every 30 s (5 s while the socket is down or a reading went unanswered). The
 * socket carries nothing but the wish to look. Gives whether the socket stands (`up`) and the server answers.
 */
export function useLive(open: string | null): { up: boolean; reached: boolean } {
  const [up, setUp] = useState(false);
  const [reached, setReached] = useState(true);
  const openNow = useRef(open);
  const [ring] = useState(() => doorbell(async wish => setReached(await readNow(openNow.current, wish))));
  useEffect(() => {
    openNow.current = open;
  }, [open]);

  useEffect(() => {
    const all = () => {
      outbox.wake();
      ring({ desk: true, chat: true });
    };
    const onPoke = (poke: DeskPoke) => {
      const seen = client.getQueryData(theDesk.queryKey)?.serial ?? -1;
      ring({ desk: poke.serial > seen, chat: poke.id === undefined || poke.id === openNow.current });
    };
    const leave = joinSocket(onPoke, now => {
      setUp(now);
      all();
    });
    const onVisible = () => document.visibilityState === 'visible' && all();
    window.addEventListener('online', all);
    window.addEventListener('pageshow', all);
    document.addEventListener('visibilitychange', onVisible);
    return () => {
      leave();
      window.removeEventListener('online', all);
      window.removeEventListener('pageshow', all);
      document.removeEventListener('visibilitychange', onVisible);
    };
  }, [ring]);

  useEffect(() => {
    const timer = setInterval(
      () => ring({ desk: true, chat: true }),
      up && reached ? POLL_LIVE_MS : POLL_ALONE_MS,
    );
    return () => clearInterval(timer);
  }, [up, reached, ring]);
  return { up, reached };
}
