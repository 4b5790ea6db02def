import { mkdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { buildAll, environment, server } from "../contract-suite/actor-services.ts";
import { neverAborted } from "../contract-suite/stage.ts";
import { hostFolder } from "./host-folder.ts";
import { type HostStage, openHostStage } from "./host-stage.ts";

/** Environments whose services run as users of their own, where Dojang may choose users. */
let stage: HostStage;
beforeAll(async () => {
  stage = await openHostStage();
});
afterEach(() => stage.clear());
afterAll(() => stage.close());

test.runIf(process.getuid?.() === 0)("environments of different users cannot look at each other", async () => {
  const [one, two] = [stage.newId(), stage.newId()];
  const secret = join(stage.folder, "secret");
  const mounts = [{ kind: "volume", volume: "data", target: "/data", readOnly: false }] as const;
  const first = environment(one, [server("api", stage.context, { mounts, environment: { PASSWORD: "sesame" } })], {
    ownUser: 1,
    volumes: ["data"],
    keptVolumes: { data: secret },
  });
  await Promise.all([stage.up(first), stage.up({ ...environment(two, [server("api", stage.context)]), ownUser: 2 })]);
  await stage.act(one, "api", ["write", "/data/note", "mine"]);
  expect((await stage.act(one, "api", ["read", "/data/note"])).stdout.trim()).toBe("mine");
  const look = async (path: string) => (await stage.act(two, "api", ["read", path])).stdout.trim();
  expect(await look(join(secret, "note"))).toBe("refused EACCES");
  expect(await look(join(hostFolder(stage.home, one).services, "api", "tree", "actor.mjs"))).toBe("refused EACCES");
  const pid = JSON.parse((await readFile(hostFolder(stage.home, one).processes, "utf8")).split("\n")[0] ?? "{}").pid;
  expect(await look(`/proc/${pid}/environ`)).toBe("refused EACCES");
});

test.runIf(process.getuid?.() === 0)("environments with users of their own share what was installed, and cannot change it", async () => {
  const modules = join(stage.context, "packages", "one", "node_modules", "dependency");
  await mkdir(modules, { recursive: true });
  await writeFile(join(modules, "index.js"), "module.exports = 1;\n");
  await symlink("dependency", join(modules, "..", "alias"));
  await writeFile(join(stage.context, "packages", "one", "state.txt"), "from the build\n");
  const spec = environment(stage.newId(), [server("api", stage.context)], { ownUser: 3 });
  await stage.up(spec);
  const tree = join(hostFolder(stage.home, spec.id).services, "api", "tree", "packages", "one");
  const { api } = await buildAll(stage.runtime, spec, neverAborted());
  const shared = await stat(join(tree, "node_modules", "dependency", "index.js"));
  expect(shared.ino).toBe((await stat(join(api?.reference ?? "", "packages", "one", "node_modules", "dependency", "index.js"))).ino);
  expect(shared.uid).toBe(0);
  const act = async (...words: string[]) => stage.act(spec.id, "api", words);
  expect((await act("read", "packages/one/node_modules/alias/index.js")).stdout).toContain("module.exports = 1;");
  expect((await act("write", "packages/one/node_modules/dependency/index.js", "module.exports = 2;")).exitCode).not.toBe(0);
  expect((await act("write", "packages/one/node_modules/dependency/cache.json", "{}")).exitCode).toBe(0);
  expect((await act("write", "packages/one/state.txt", "from the service")).exitCode).toBe(0);
  expect(await readFile(join(api?.reference ?? "", "packages", "one", "state.txt"), "utf8")).toBe("from the build\n");
});
