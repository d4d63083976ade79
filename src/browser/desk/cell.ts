import { useSyncExternalStore } from 'react';

/** A value kept in this page's memory, and nowhere else, that React can watch. */
export type Cell<T> = { get: () => T; set: (next: T) => void; watch: (tell: () => void) => () => void };

/** Makes a cell that holds `value` at first. */
export function cell<T>(value: T): Cell<T> {
  const watchers = new Set<() => void>();
  let now = value;
  return {
    get: () => now,
    set: next => {
      now = next;
      for (const tell of watchers) tell();
    },
    watch: tell => {
      watchers.add(tell);
      return () => watchers.delete(tell);
    },
  };
}

/** The cell's value, following its changes. */
export function useCell<T>(from: Cell<T>): T {
  return useSyncExternalStore(from.watch, from.get);
}
