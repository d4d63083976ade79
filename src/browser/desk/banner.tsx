import { useEffect, useState } from 'react';
import { useNow } from './time.ts';
import { words } from './words.ts';

const w = words.contact;
const SILENT_MS = 3000;

/** How old something is: seconds up to two minutes, then minutes. */
function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return seconds < 120 ? w.seconds(seconds) : w.minutes(Math.floor(seconds / 60));
}

/**
 * Says, after 3 s without contact, that the view is old and how old. `live`: the socket stands;
 * `reached`: the last reading was answered; `readAt`: when (this computer's UTC ms, 0 never).
 */
export function Banner({ live, reached, readAt }: { live: boolean; reached: boolean; readAt: number }) {
  const [late, setLate] = useState(false);
  const well = live && reached;
  useEffect(() => {
    setLate(false);
    if (well) return;
    const timer = setTimeout(() => setLate(true), SILENT_MS);
    return () => clearTimeout(timer);
  }, [well]);
  return (
    <>
      {late && <OldView reached={reached} readAt={readAt} />}
      {/* Spoken once per change; the seconds are only to be seen. */}
      <p className="hidden" role="status">
        {late ? (reached ? w.spokenNoLive : w.spokenNone) : ''}
      </p>
    </>
  );
}

function OldView({ reached, readAt }: { reached: boolean; readAt: number }) {
  const now = useNow(1000);
  const old = age(now - (readAt === 0 ? now : readAt));
  return <p className="banner">{reached ? w.noLive(old) : w.none(old)}</p>;
}
