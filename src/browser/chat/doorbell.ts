import type { ChatPoke } from '../../channels/protocol.ts';
import { hasLeft, onLeaving } from './leave.ts';

declare global {
  interface Navigator {
    /** Network Information API, where there is one. */
    readonly connection?: { readonly saveData?: boolean; readonly effectiveType?: string };
  }
}

let wanted = true;

/**
 * Opens the socket, once, after the page works without it and only where data is not scarce. It says that
 * something is new, never what. If it does not come, nothing is lost: the page asks every few seconds.
 *
 * @param works told whether the socket is there, each time that changes
 * @param poked told up to which seq lines are committed
 */
export async function connect(works: (now: boolean) => void, poked: (seq: number) => void): Promise<void> {
  const { saveData, effectiveType } = navigator.connection ?? {};
  if (!wanted || saveData || effectiveType?.endsWith('2g')) return;
  wanted = false;
  try {
    const { io } = await import('socket.io-client');
    if (hasLeft()) return;
    const socket = io({
      path: '/chat-socket',
      transports: ['polling', 'websocket'],
      reconnectionDelayMax: 30_000,
    });
    onLeaving(() => socket.close());
    socket.on('connect', () => works(true));
    socket.on('disconnect', () => works(false));
    socket.on('poke', (poke: ChatPoke) => poked(poke.seq));
  } catch {
    wanted = true;
  }
}
