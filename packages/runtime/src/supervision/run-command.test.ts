import { expect, test } from "vitest";
import { findTree, identify, killTree } from "./process-tree.ts";
import { type CommandRun, runCommand } from "./run-command.ts";

function node(script: string, more: Partial<CommandRun> = {}) {
  const said: string[] = [];
  const run = runCommand({
    argv: [process.execPath, "-e", script],
    environment: { PATH: process.env.PATH ?? "" },
    timeoutMs: 10_000,
    outputLimitBytes: 10_000,
    signal: new AbortController().signal,
    onOutput: ({ data }) => said.push(Buffer.from(data).toString()),
    ...more,
  });
  return { run, said };
}

const orphan = (mark: string) =>
  `require("node:child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { detached: true, stdio: "ignore" }).unref(); console.log(${JSON.stringify(mark)})`;

test("a command that ends leaves no daemon behind, even one that left its session", async () => {
  const mark = `MARK=${crypto.randomUUID()}`;
  const environment = { PATH: process.env.PATH ?? "", MARK: mark.slice(5) };
  const { run } = node(orphan(mark), { mark, environment });
  expect(await run).toMatchObject({ exitCode: 0, timedOut: false });
  expect(await findTree({ roots: [], mark })).toEqual([]);
});

test("a program that is not there gives 127, one that may not run 126", async () => {
  expect(await node("", { argv: ["/no/such/program"] }).run).toMatchObject({ exitCode: 127 });
  expect(await node("", { argv: ["/etc/passwd"] }).run).toMatchObject({ exitCode: 126 });
});

test("a directory that is not there is the command's failure, not a crash", async () => {
  expect(await node("", { directory: "/no/such/directory" }).run).toMatchObject({ exitCode: 127 });
});

test("a command that does not read its input is not disturbed by it", async () => {
  expect(await node("process.exit(3)", { stdin: Buffer.alloc(1_000_000) }).run).toMatchObject({ exitCode: 3 });
});

test("a signal counts as 128 and its number", async () => {
  expect(await node("process.kill(process.pid, 'SIGTERM')").run).toMatchObject({ exitCode: 143, signal: "SIGTERM" });
});

test("a process is known by its start time too: another that got its number is not touched", async () => {
  const me = await identify(process.pid);
  expect(me).toBeDefined();
  expect(await killTree({ roots: [{ pid: process.pid, startedAt: "0" }] })).toBe(true);
  expect(await identify(process.pid)).toEqual(me);
});
