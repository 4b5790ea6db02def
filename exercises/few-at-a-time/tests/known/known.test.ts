import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { mapLimited } from "./solution.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

function place() {
  const begun: number[] = [];
  const open = new Map<number, { resolve: (value: string) => void; reject: (error: Error) => void }>();
  const work = (item: number) => {
    begun.push(item);
    return new Promise<string>((resolve, reject) => open.set(item, { resolve, reject }));
  };
  const end = async (item: number) => {
    open.get(item)?.resolve(`done ${item}`);
    await turn();
  };
  return { begun, open, work, end };
}

describe("mapLimited", () => {
  test("begins no more than the limit", async () => {
    const { begun, work } = place();
    void mapLimited([1, 2, 3, 4], 2, work);
    await turn();
    assert.ok(begun.length <= 2);
  });

  test("does not begin all at once", async () => {
    const { begun, work } = place();
    void mapLimited([1, 2, 3, 4], 2, work);
    await turn();
    assert.ok(begun.length < 4);
  });

  test("begins as many as the limit", async () => {
    const { begun, work } = place();
    void mapLimited([1, 2, 3, 4], 3, work);
    await turn();
    assert.ok(begun.length >= 3);
  });

  test("begins the next as soon as there is room", async () => {
    const { begun, work, end } = place();
    void mapLimited([1, 2, 3], 2, work);
    await turn();
    await end(2);
    assert.ok(begun.includes(3));
  });

  test("never has more under way", async () => {
    let under = 0;
    let most = 0;
    await mapLimited([1, 2, 3, 4, 5, 6], 5, async () => {
      most = Math.max(most, ++under);
      await turn();
      under--;
    });
    assert.ok(most <= 5);
  });

  test("keeps the order of items", async () => {
    const { work, end } = place();
    const all = mapLimited([1, 2], 2, work);
    await turn();
    await end(2);
    await end(1);
    assert.deepEqual(await all, ["done 1", "done 2"]);
  });

  test("fails with the first failure", async () => {
    const failed = await mapLimited([1], 1, async () => {
      throw new Error("down");
    }).then(
      () => "fine",
      (error) => error.message,
    );
    assert.equal(failed, "down");
  });

  test("begins nothing after a failure", async () => {
    const { begun, open, work, end } = place();
    mapLimited([1, 2, 3], 2, work).catch(() => {});
    await turn();
    open.get(1)?.reject(new Error("down"));
    await turn();
    await end(2);
    assert.ok(!begun.includes(3));
  });

  test("tells the index", async () => assert.deepEqual(await mapLimited(["a", "b"], 1, async (_, index) => index), [0, 1]));
  test("has nothing of nothing", async () => assert.deepEqual(await mapLimited([], 2, async () => 1), []));
  test("refuses a limit that is none", async () => {
    for (const limit of [0, 1.5]) {
      const ended = await mapLimited([1], limit, async () => 1).then(
        () => "done",
        (error) => error.name,
      );
      assert.equal(ended, "RangeError");
    }
  });
});
