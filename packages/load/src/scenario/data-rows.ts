import type { DataSet } from "./scenario.ts";

/** What a session gets of the data files: a row of each. */
export interface SessionRow {
  /** By column; of two files with the same column the later one. */
  readonly values: ReadonlyMap<string, string>;
  readonly bySet: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface DataRows {
  next(random: () => number): SessionRow;
}

/** Thread i of n takes every n-th row, so that no two sessions share one until all were used. */
export function createDataRows(sets: readonly DataSet[], share: { readonly thread: number; readonly of: number }): DataRows {
  const places = sets.map((set) => ({ set, next: share.thread }));
  return {
    next(random) {
      const values = new Map<string, string>();
      const bySet: Record<string, Record<string, string>> = {};
      for (const each of places) {
        const { name, columns, rows, order } = each.set;
        const row = rows[order === "random" ? Math.floor(random() * rows.length) : each.next % rows.length];
        each.next += share.of;
        const own: Record<string, string> = {};
        for (const [index, column] of columns.entries()) {
          own[column] = row?.[index] ?? "";
          values.set(column, own[column]);
        }
        bySet[name] = own;
      }
      return { values, bySet };
    },
  };
}
