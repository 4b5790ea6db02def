export interface List {
  readonly id: string;
  readonly title: string;
  readonly ownerId: string | null;
  readonly createdAt: string;
  readonly items: readonly Item[];
}

export interface Item {
  readonly id: string;
  readonly title: string;
  readonly done: boolean;
  readonly reminder: ItemReminder | null;
}

/** The address is not part of it: whoever has the list's address must not learn people's mail addresses. */
export interface ItemReminder {
  readonly at: string;
  readonly state: "waiting" | "sending" | "sent" | "refused";
}

/** What an account sees of its lists. */
export interface ListSummary {
  readonly id: string;
  readonly title: string;
  readonly open: number;
  readonly total: number;
}
