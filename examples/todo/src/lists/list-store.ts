import type { Database, Session } from "../database/database.ts";
import type { Item, ItemReminder, List, ListSummary } from "./list.ts";

export type ItemChange = { readonly title?: string | undefined; readonly done?: boolean | undefined };

export interface ListStore {
  find(id: string): Promise<List | undefined>;
  ownedBy(accountId: string): Promise<ListSummary[]>;
  insert(session: Session, list: { id: string; title: string; ownerId: string | null }): Promise<void>;
  rename(id: string, title: string): Promise<boolean>;
  /** False when the list belongs to another account already. */
  claim(id: string, accountId: string): Promise<boolean>;
  delete(id: string): Promise<void>;
  countItems(session: Session, listId: string): Promise<number | undefined>;
  insertItem(session: Session, item: { id: string; listId: string; title: string }): Promise<void>;
  /** Undefined when the list has no such item. */
  changeItem(listId: string, itemId: string, change: ItemChange): Promise<Item | undefined>;
  deleteItem(listId: string, itemId: string): Promise<void>;
}

interface ItemRow {
  readonly id: string;
  readonly title: string;
  readonly done: boolean;
  readonly due_at: Date | null;
  readonly state: ItemReminder["state"] | null;
}

const itemColumns = "i.id, i.title, i.done, r.due_at, r.state";
const mineFirst = 200;

export function createListStore(database: Database): ListStore {
  return {
    find: async (id) => {
      const lists = await database.query<{ id: string; title: string; owner_id: string | null; created_at: Date }>(
        "select id, title, owner_id, created_at from list where id = $1",
        [id],
      );
      const row = lists[0];
      if (!row) return undefined;
      const items = await database.query<ItemRow>(
        `select ${itemColumns} from item i left join reminder r on r.item_id = i.id where i.list_id = $1 order by i.position`,
        [id],
      );
      const { title, owner_id: ownerId, created_at: createdAt } = row;
      return { id, title, ownerId, createdAt: createdAt.toISOString(), items: items.map(toItem) };
    },
    ownedBy: (accountId) =>
      database.query<ListSummary>(
        `select l.id, l.title, count(i.id) filter (where not i.done)::int as open, count(i.id)::int as total
         from list l left join item i on i.list_id = l.id
         where l.owner_id = $1 group by l.id order by l.created_at desc limit $2`,
        [accountId, mineFirst],
      ),
    insert: async (session, { id, title, ownerId }) => {
      await session.query("insert into list (id, title, owner_id) values ($1, $2, $3) on conflict (id) do nothing", [id, title, ownerId]);
    },
    rename: async (id, title) => (await database.query("update list set title = $2 where id = $1 returning id", [id, title])).length > 0,
    claim: async (id, accountId) => {
      const rows = await database.query(
        "update list set owner_id = $2 where id = $1 and (owner_id is null or owner_id = $2) returning id",
        [id, accountId],
      );
      return rows.length > 0;
    },
    delete: async (id) => {
      await database.query("delete from list where id = $1", [id]);
    },
    countItems: async (session, listId) => {
      const [row] = await session.query<{ count: number }>(
        "select (select count(*)::int from item where list_id = $1) as count from list where id = $1",
        [listId],
      );
      return row?.count;
    },
    insertItem: async (session, { id, listId, title }) => {
      await session.query("insert into item (id, list_id, title) values ($1, $2, $3) on conflict (id) do nothing", [id, listId, title]);
    },
    changeItem: async (listId, itemId, change) => {
      const [row] = await database.query<ItemRow>(
        `with i as (
           update item set title = coalesce($3, title), done = coalesce($4, done) where list_id = $1 and id = $2 returning id, title, done
         ) select ${itemColumns} from i left join reminder r on r.item_id = i.id`,
        [listId, itemId, change.title ?? null, change.done ?? null],
      );
      return row && toItem(row);
    },
    deleteItem: async (listId, itemId) => {
      await database.query("delete from item where list_id = $1 and id = $2", [listId, itemId]);
    },
  };
}

function toItem(row: ItemRow): Item {
  const reminder = row.due_at && row.state ? { at: row.due_at.toISOString(), state: row.state } : null;
  return { id: row.id, title: row.title, done: row.done, reminder };
}
