import { describe, expect, test } from "vitest";
import { chooseInitAccount, highestUsableUid, postgresUid } from "./postgres-account.ts";

describe("the user id of the server", () => {
  test("is the fixed one where every id exists", () => {
    expect(highestUsableUid("         0          0 4294967295\n")).toBe(postgresUid);
  });

  test("is the highest below nobody in a container that knows 65536", () => {
    expect(highestUsableUid("         0     100000      65536\n")).toBe(65_533);
  });

  test("stays within the map when its ranges are odd", () => {
    expect(highestUsableUid("0 1000 1\n1 100000 500\n")).toBe(500);
  });

  test("does not exist where only root does", () => {
    expect(highestUsableUid("         0       1000          1\n")).toBeUndefined();
  });
});

describe("the account that makes the cluster", () => {
  const passwd = "root:x:0:0::/root:/bin/sh\ndaemon:x:1:1::/:\ngames:x:5:60::/:\nalice:x:1000:1000::/:\n";

  test("is the server's own when that has a name", () => {
    expect(chooseInitAccount({ uid: 1000 }, { passwd, busyUids: new Set([1000]) })).toEqual({ uid: 1000 });
  });

  test("is else a system account without a process", () => {
    expect(chooseInitAccount({ uid: postgresUid }, { passwd, busyUids: new Set([1]) })).toEqual({ uid: 5 });
  });

  test("is never a person's: then the line to add is named", () => {
    const choose = () => chooseInitAccount({ uid: postgresUid }, { passwd, busyUids: new Set([1, 5]) });
    expect(choose).toThrow(expect.objectContaining({ code: "postgres-needs-user", fix: expect.stringContaining(String(postgresUid)) }));
  });
});
