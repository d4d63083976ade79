import { useId } from 'react';
import { GridList, GridListItem } from 'react-aria-components/GridList';
import type { DeskRow } from '../../channels/protocol.ts';
import { useCell } from './cell.ts';
import { drafts } from './drafts.ts';
import { SeverityMark } from './severity.tsx';
import { minutesSince } from './view.ts';
import { words } from './words.ts';

const w = words.queue;

type Kind = 'queue' | 'mine' | 'others';
type Props = {
  kind: Kind;
  title: string;
  empty: string;
  rows: DeskRow[];
  open: string | null;
  onOpen: (id: string) => void;
  now: number;
  seen: ReadonlyMap<string, number>;
};

/** One list, in the server's order. Arrow keys only move; Enter or a press opens, because opening is recorded. */
export function RowList({ kind, title, empty, rows, open, onOpen, now, seen }: Props) {
  const heading = useId();
  const drafted = useCell(drafts);
  const isOpen = open !== null && rows.some(row => row.id === open);
  return (
    <section className={`list list-${kind}`}>
      <h2 id={heading}>
        {title} <span className="count">{rows.length}</span>
      </h2>
      <GridList
        aria-labelledby={heading}
        items={rows}
        dependencies={[now, seen, drafted, open]}
        selectionMode="single"
        selectionBehavior="toggle"
        disallowEmptySelection
        selectedKeys={isOpen ? [open] : []}
        onSelectionChange={keys => {
          if (keys === 'all') return;
          for (const key of keys) onOpen(String(key));
        }}
        renderEmptyState={() => <p className="empty">{empty}</p>}
      >
        {row => (
          <GridListItem
            id={row.id}
            textValue={row.label}
            className={needsMe(kind, row, seen) && row.id !== open ? 'row needs-me' : 'row'}
          >
            <Row kind={kind} row={row} now={now} isNew={row.id !== open && needsMe(kind, row, seen)} />
            {drafted.has(row.id) && row.id !== open && <span className="tag">{w.draft}</span>}
          </GridListItem>
        )}
      </GridList>
    </section>
  );
}

/** One of my chats with lines that this screen has not shown yet, or in which they wait for my answer. */
function needsMe(kind: Kind, row: DeskRow, seen: ReadonlyMap<string, number>): boolean {
  if (kind !== 'mine') return false;
  return row.waitingSince !== null || row.lastSeq > (seen.get(row.id) ?? 0);
}

/** Why a person is needed, in words. */
export function reasonWords(row: DeskRow): string {
  const { words: why, askedForPerson, categories } = row.reason;
  const answered = categories.flatMap(category => w.answered.get(category) ?? []);
  const all = [...(askedForPerson ? [w.asked] : []), ...answered, ...why];
  return all.length === 0 ? w.noReason : all.join(' · ');
}

function waitingWords(kind: Kind, row: DeskRow, now: number): string {
  if (row.waitingSince === null) return w.lastWrote(minutesSince(row.lastInboundAt, now));
  const minutes = minutesSince(row.waitingSince, now);
  return kind === 'mine' ? w.waitingForYou(minutes) : w.waiting(minutes);
}

function Row({ kind, row, now, isNew }: { kind: Kind; row: DeskRow; now: number; isNew: boolean }) {
  return (
    <>
      <span className="row-top">
        <span className="label">{row.label}</span>
        {isNew && <span className="new">{w.newLines}</span>}
        <SeverityMark severity={row.severity} />
      </span>
      <span className="why">{reasonWords(row)}</span>
      <span className="row-end">
        <span className={row.waitingSince === null ? '' : 'waits'}>{waitingWords(kind, row, now)}</span>
        <span>{words.channel[row.channel]}</span>
        {kind === 'others' && (
          <span>{row.owner === null ? words.state[row.state] : w.with(row.owner.name)}</span>
        )}
      </span>
    </>
  );
}
