import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { oneFlight } from "./solution.ts";

function server() {
  const calls: unknown[] = [];
  const open: { key: unknown; resolve: (value: string) => void; reject: (error: Error) => void }[] = [];
  const load = (key: unknown) => {
    calls.push(key);
    return new Promise<string>((resolve, reject) => open.push({ key, resolve, reject }));
  };
  return { calls, open, ask: oneFlight(load) };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("one flight", () => {
  test("is shared by all who ask for a key at once", async () => {
    const { calls, open, ask } = server();
    const both = Promise.all([ask("a"), ask("a")]);
    await turn();
    assert.deepEqual(calls, ["a"]);
    open[0]?.resolve("A");
    assert.deepEqual(await both, ["A", "A"]);
  });

  test("is over when it has ended", async () => {
    let count = 0;
    const ask = oneFlight(async () => ++count);
    assert.equal(await ask("a"), 1);
    assert.equal(await ask("a"), 2);
  });

  test("gives each key its own", async () => {
    const ask = oneFlight(async (key: string) => key.toUpperCase());
    assert.deepEqual(await Promise.all([ask("a"), ask("b")]), ["A", "B"]);
  });

  test("does not wait for another key", async () => {
    const { calls, ask } = server();
    void ask("a");
    void ask("b");
    await turn();
    assert.deepEqual(calls, ["a", "b"]);
  });

  test("fails for all who wait", async () => {
    const { open, ask } = server();
    const both = Promise.allSettled([ask("a"), ask("a")]);
    await turn();
    for (const { reject } of open) reject(new Error("down"));
    assert.deepEqual(
      (await both).map((one) => one.status),
      ["rejected", "rejected"],
    );
  });

  test("is tried again after a failure", async () => {
    let count = 0;
    const ask = oneFlight(async () => {
      count++;
      throw new Error("down");
    });
    for (let attempt = 0; attempt < 2; attempt++) await ask("a").catch(() => {});
    assert.equal(count, 2);
  });

  test("rejects when loading throws at once", async () => {
    const ask = oneFlight((): Promise<string> => {
      throw new Error("at once");
    });
    let promise: Promise<string> | undefined;
    try {
      promise = ask("a");
    } catch {
      assert.fail("it threw");
    }
    assert.equal(await promise.catch(() => "rejected"), "rejected");
  });

  test("tells 1 from its text", async () => {
    const { calls, ask } = server();
    void ask(1);
    void ask("1");
    await turn();
    assert.equal(calls.length, 2);
  });
});
