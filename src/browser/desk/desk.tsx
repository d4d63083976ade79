import { useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useState } from 'react';
import type { DeskRow, Me } from '../../channels/protocol.ts';
import { AlarmBar } from './alarm.tsx';
import { Banner } from './banner.tsx';
import { Chat } from './chat.tsx';
import { useLive } from './live.ts';
import { RowList } from './queue.tsx';
import { theDesk } from './server.ts';
import { useNow } from './time.ts';
import { TopBar } from './top-bar.tsx';
import { words } from './words.ts';

const TICK_MS = 10_000;
const w = words.queue;
const NONE: DeskRow[] = [];

/** The lists on the left, the open chat on the right, the duty switch and alarms on top. */
export function Desk({ me, onSignedOut }: { me: Me; onSignedOut: () => void }) {
  // Only in memory: the address bar and the history never show which chat somebody read.
  const [open, setOpen] = useState<string | null>(null);
  const [seen, setSeen] = useState<ReadonlyMap<string, number>>(new Map());
  const live = useLive(open);
  const desk = useQuery(theDesk);
  const now = useNow(TICK_MS) + (desk.data?.ahead ?? 0);
  const queue = desk.data?.queue ?? NONE;
  const mine = desk.data?.mine ?? NONE;

  const onSeen = useCallback((id: string, seq: number) => {
    setSeen(had => ((had.get(id) ?? 0) >= seq ? had : new Map(had).set(id, seq)));
  }, []);
  useEffect(() => {
    document.title = words.app.name;
  }, []);

  // An empty list may be called empty only once it has been read.
  const unread = desk.data === undefined;
  const notYet = desk.isError ? words.app.unreachable : words.app.loading;
  const lists = { open, onOpen: setOpen, now, seen };
  return (
    <div className={open === null ? 'desk' : 'desk with-chat'}>
      <TopBar me={me} mine={mine} onSignedOut={onSignedOut} />
      <section className="notices" aria-label={words.app.notices}>
        <Banner live={live.up} reached={live.reached} readAt={desk.dataUpdatedAt} />
        <AlarmBar queue={queue} onOpen={setOpen} />
      </section>
      <main className="floor">
        <section className="lists" aria-label={w.lists} aria-busy={unread}>
          <RowList
            {...lists}
            kind="queue"
            title={w.title}
            empty={unread ? notYet : w.emptyQueue}
            rows={queue}
          />
          <RowList {...lists} kind="mine" title={w.mine} empty={unread ? notYet : w.emptyMine} rows={mine} />
          <RowList
            {...lists}
            kind="others"
            title={w.others}
            empty={unread ? notYet : w.emptyOthers}
            rows={desk.data?.others ?? NONE}
          />
        </section>
        <section className="chat-side" aria-label={words.chat.region}>
          {open === null ? (
            <div className="no-chat">
              <p>{words.chat.none}</p>
              <p className="hint">{words.chat.noneHint}</p>
            </div>
          ) : (
            <Chat key={open} id={open} me={me} now={now} onBack={() => setOpen(null)} onSeen={onSeen} />
          )}
        </section>
      </main>
    </div>
  );
}
