import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { expect, onTestFinished, test } from "vitest";
import { addServeFlags } from "../src/cli/serve-flags.ts";
import { addWireMockFlags } from "../src/cli/wiremock-flags.ts";
import { checkMockFiles } from "../src/files/create-mock-files.ts";
import { startMock } from "../src/serving/start-mock.ts";

const reference = readFileSync(join(import.meta.dirname, "../../../docs/reference/mock.md"), "utf8");
const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");

test("every flag is in the reference, and no other", () => {
  const flags = addWireMockFlags(addServeFlags(new Command())).options.map(({ long }) => long ?? "");
  expect(flags.length).toBeGreaterThan(60);
  expect(flags.filter((flag) => !reference.includes(`\`${flag}`))).toEqual([]);
  const named = [...reference.matchAll(/`(--[\w-]+)/g)].map(([, flag]) => flag);
  expect(named.filter((flag) => !flags.includes(flag ?? ""))).toEqual([]);
});

test("the stubs of the reference and of the README are right, and answer as they say", async () => {
  const root = mkdtempSync(join(tmpdir(), "dojang-mock-reference-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, "mappings"));
  const examples = [...`${reference}\n${readme}`.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text ?? "");
  expect(examples).toHaveLength(2);
  for (const [index, text] of examples.entries()) writeFileSync(join(root, `mappings/${index}.yaml`), text);
  expect((await checkMockFiles(root)).findings).toEqual([]);

  await using mock = await startMock({ listen: { port: 0, address: "127.0.0.1" }, directory: root });
  const url = `http://127.0.0.1:${mock.port}`;
  const order = await fetch(`${url}/shops/seoul/orders`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ total: 12 }),
  });
  expect(order.status).toBe(201);
  expect(order.headers.get("location")).toMatch(/^\/orders\/[0-9a-f-]{36}$/);
  expect(await order.json()).toEqual({ state: "accepted", shop: "seoul" });
  expect(await (await fetch(`${url}/hello`)).json()).toEqual({ hello: "world" });
});
