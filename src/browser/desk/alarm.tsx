import { useEffect, useState } from 'react';
import { Button } from 'react-aria-components/Button';
import type { DeskRow } from '../../channels/protocol.ts';
import { ringTwoTones } from './sound.ts';
import { immediate } from './view.ts';
import { words } from './words.ts';

const w = words.alarm;
const AGAIN_MS = 12_000;

/**
 * The bar for severity 3 in the queue. It stays for as long as somebody of severity 3 waits unclaimed; the
 * sound comes at once and again every 12 s, until it is stopped for those who wait now. A later child rings anew.
 */
export function AlarmBar({ queue, onOpen }: { queue: DeskRow[]; onOpen: (id: string) => void }) {
  const [quiet, setQuiet] = useState<ReadonlySet<string>>(new Set());
  const rows = immediate(queue);
  const loud = rows.filter(row => !quiet.has(row.id));
  const loudIds = loud.map(row => row.id).join(' ');

  useEffect(() => {
    if (loudIds === '') return;
    ringTwoTones();
    const timer = setInterval(ringTwoTones, AGAIN_MS);
    return () => clearInterval(timer);
  }, [loudIds]);

  const first = rows[0];
  const stop = () => setQuiet(new Set(rows.map(row => row.id)));
  return (
    <div className={first === undefined ? '' : 'alarm'}>
      <p role="alert">
        {first !== undefined && w.title(first.label)} {rows.length > 1 && w.more(rows.length - 1)}
      </p>
      {first !== undefined && (
        <div className="buttons">
          <Button
            onPress={() => {
              stop();
              onOpen(first.id);
            }}
          >
            {w.open}
          </Button>
          {loud.length > 0 && <Button onPress={stop}>{w.quiet}</Button>}
        </div>
      )}
    </div>
  );
}
