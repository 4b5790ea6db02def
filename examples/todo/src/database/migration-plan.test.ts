import { describe, expect, test } from "vitest";
import { pairMigrations, planMigrations } from "./migration-plan.ts";

const migrations = pairMigrations({
  "0002_b.up.sql": "up b",
  "0002_b.down.sql": "down b",
  "0001_a.up.sql": "up a",
  "0001_a.down.sql": "down a",
});

describe("migrations", () => {
  test("are applied in the order of their names, each once", () => {
    expect(planMigrations(migrations, [], { direction: "up" }).map((step) => step.migration.up)).toEqual(["up a", "up b"]);
    expect(planMigrations(migrations, ["0001_a"], { direction: "up" }).map((step) => step.migration.name)).toEqual(["0002_b"]);
    expect(planMigrations(migrations, ["0001_a", "0002_b"], { direction: "up" })).toEqual([]);
  });

  test("are taken back newest first, as many as asked for", () => {
    const applied = ["0001_a", "0002_b"];

    expect(planMigrations(migrations, applied, { direction: "down", count: 1 }).map((step) => step.migration.name)).toEqual(["0002_b"]);
    expect(planMigrations(migrations, applied, { direction: "down", count: 9 }).map((step) => step.migration.name)).toEqual([
      "0002_b",
      "0001_a",
    ]);
  });

  test("of a newer version stop an older one by name", () => {
    expect(() => planMigrations(migrations, ["0003_c"], { direction: "up" })).toThrow(/0003_c/);
  });

  test("without a way back are refused", () => {
    expect(() => pairMigrations({ "0001_a.up.sql": "up a" })).toThrow("0001_a.down.sql");
  });
});
