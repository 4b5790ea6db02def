import { describe, expect, test } from "vitest";
import { limitFiles } from "./agent/control-groups.ts";
import { levelOf, scopeArguments } from "./host-groups.ts";

const limits = { memoryBytes: 1000, cpus: 0.5, pids: 7 };

describe("limits", () => {
  test("are written to the files of control groups v2, a member being ended as a whole when memory runs out", () => {
    expect(limitFiles({ version: 2, controllers: ["memory", "pids", "cpu"], folder: "/x" }, limits)).toEqual([
      ["memory.max", "1000"],
      ["memory.oom.group", "1"],
      ["pids.max", "7"],
      ["cpu.max", "50000 100000"],
    ]);
  });

  test("are written to the files of the v1 hierarchies that are there", () => {
    expect(limitFiles({ version: 1, controllers: ["memory"], folder: "/x" }, limits)).toEqual([["memory.limit_in_bytes", "1000"]]);
    expect(limitFiles({ version: 1, controllers: ["cpu"], folder: "/x" }, limits)).toEqual([
      ["cpu.cfs_period_us", "100000"],
      ["cpu.cfs_quota_us", "50000"],
    ]);
  });

  test("nobody asked for are not written", () => {
    expect(limitFiles({ version: 2, controllers: ["memory", "pids", "cpu"], folder: "/x" }, {})).toEqual([]);
  });

  test("become properties of a scope of systemd", () => {
    expect(scopeArguments("env", limits)).toEqual(
      expect.arrayContaining(["--scope", "MemoryMax=1000", "TasksMax=7", "CPUQuota=50%", "--unit=dojang-env"]),
    );
  });

  test("are watched where no hierarchy counts memory", () => {
    expect(levelOf([])).toBe("watchdog");
    expect(levelOf([{ version: 1, controllers: ["cpu"], folder: "/x" }])).toBe("watchdog");
    expect(levelOf([{ version: 2, controllers: ["memory"], folder: "/x" }])).toBe("cgroup v2");
  });
});
