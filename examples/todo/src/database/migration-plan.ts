export interface Migration {
  /** `0001_lists`: sorts in the order of application. */
  readonly name: string;
  readonly up: string;
  readonly down: string;
}

export type MigrationStep = { readonly direction: "up" | "down"; readonly migration: Migration };

/** Pure: pairs `NAME.up.sql` with `NAME.down.sql`; every migration must have both. */
export function pairMigrations(files: Readonly<Record<string, string>>): Migration[] {
  const names = [...new Set(Object.keys(files).map((file) => file.replace(/\.(up|down)\.sql$/, "")))].sort();
  return names.map((name) => {
    const up = files[`${name}.up.sql`];
    const down = files[`${name}.down.sql`];
    if (up === undefined || down === undefined) throw new Error(`migrations/${name} needs both ${name}.up.sql and ${name}.down.sql`);
    return { name, up, down };
  });
}

/** Pure: `up` applies what is missing, in order; `down` takes back the newest `count`. */
export function planMigrations(
  migrations: readonly Migration[],
  applied: readonly string[],
  request: { readonly direction: "up" } | { readonly direction: "down"; readonly count: number },
): MigrationStep[] {
  const unknown = applied.filter((name) => !migrations.some((migration) => migration.name === name));
  if (unknown.length > 0) throw new Error(`the database has migrations this version does not know: ${unknown.join(", ")}`);
  if (request.direction === "up") {
    return migrations.filter(({ name }) => !applied.includes(name)).map((migration) => ({ direction: "up", migration }));
  }
  return migrations
    .filter(({ name }) => applied.includes(name))
    .toReversed()
    .slice(0, request.count)
    .map((migration) => ({ direction: "down", migration }));
}
