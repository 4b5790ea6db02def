import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { identifyProcess, identityKey, isAlive, liveness, thisProcess } from "./process-identity.ts";

const me = thisProcess();

test("this process is alive and always the same", () => {
  expect(liveness(me)).toBe("alive");
  expect(identityKey(thisProcess())).toBe(identityKey(me));
});

test("a process that ended is dead, also before its parent has asked for its exit code", async () => {
  const parent = spawn("sh", ["-c", "sleep 0 & echo $!; exec sleep 30"], { stdio: ["ignore", "pipe", "ignore"] });
  const [line] = await once(parent.stdout, "data");
  const zombie = Number(String(line));
  while (identifyProcess(zombie) !== undefined) await new Promise((resolve) => setImmediate(resolve));
  expect(identifyProcess(zombie)).toBeUndefined();
  const identity = identifyProcess(parent.pid!)!;
  expect(isAlive(identity)).toBe(true);
  parent.kill("SIGKILL");
  await once(parent, "exit");
  expect(isAlive(identity)).toBe(false);
});

test("the same number with another start time is another process", () => {
  expect(liveness({ ...me, startTime: "1" })).toBe("dead");
});

test("after a reboot everything of this machine is dead", () => {
  expect(liveness({ ...me, bootId: "earlier" })).toBe("dead");
});

test("nothing is claimed of another machine or container", () => {
  expect(liveness({ ...me, bootId: "other", machine: "other" })).toBe("unknown");
  expect(liveness({ ...me, pidNamespace: "pid:[1]" })).toBe("unknown");
});
