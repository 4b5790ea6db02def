import { retryWhenLost } from "./lost-connection.ts";
import type { Store } from "./store.ts";

/** Groups of people as this installation knows them, beside the groups of the machine's users. Kept here and not in a repository, whose authors could add themselves. */
export async function addToGroup(store: Store, { group, person }: { readonly group: string; readonly person: string }): Promise<void> {
  await retryWhenLost(() =>
    store.db
      .insertInto("person_group")
      .values({ name: group, person })
      .onConflict((conflict) => conflict.doNothing())
      .execute(),
  );
}

/** False when the person was not in it. */
export async function removeFromGroup(
  store: Store,
  { group, person }: { readonly group: string; readonly person: string },
): Promise<boolean> {
  const { numDeletedRows } = await store.db
    .deleteFrom("person_group")
    .where("name", "=", group)
    .where("person", "=", person)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** People by group. */
export async function readGroups(store: Store): Promise<Readonly<Record<string, readonly string[]>>> {
  const rows = await store.db.selectFrom("person_group").selectAll().orderBy("name").orderBy("person").execute();
  const groups: Record<string, string[]> = {};
  for (const { name, person } of rows) {
    groups[name] ??= [];
    groups[name].push(person);
  }
  return groups;
}
