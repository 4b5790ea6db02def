import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { exampleRequest } from "../request/example-request.ts";
import { createMockWorld } from "./mock-world.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "dojang-mock-reload-"));
  mkdirSync(join(root, "mappings"));
});
afterEach(() => rmSync(root, { recursive: true }));

test("files that changed are taken over, and everything else stays as it was", async () => {
  put("changed", { request: { url: "/changed" }, response: { status: 201 } });
  put("gone", { request: { url: "/gone" } });
  put("sequence", { request: { url: "/sequence" }, responses: [{ status: 201 }, { status: 202 }, { status: 203 }] });
  const world = await createMockWorld({ directory: root });
  const statusOf = (url: string) => world.stubs.find(exampleRequest({ url }))?.response.status;
  const id = "00000000-0000-4000-8000-000000000001";
  await world.addStub({ id, request: { url: { kind: "url", value: "/memory" }, method: { kind: "any" } }, response: { status: 204 } });
  expect([statusOf("/changed"), statusOf("/gone"), statusOf("/sequence")]).toEqual([201, 200, 201]);

  put("changed", { request: { url: "/changed" }, response: { status: 299 } });
  put("new", { request: { url: "/new" } });
  rmSync(join(root, "mappings/gone.json"));
  expect(await world.reloadMappings()).toBe(true);
  expect(["/changed", "/gone", "/sequence", "/new", "/memory"].map(statusOf)).toEqual([299, undefined, 202, 200, 204]);
  expect(await world.reloadMappings()).toBe(false);
  expect(statusOf("/sequence")).toBe(203);
});

test("files that are wrong change nothing", async () => {
  put("a", { request: { url: "/a" } });
  const world = await createMockWorld({ directory: root });
  put("b", { request: { url: "/b" } });
  put("c", { request: { ur: "/c" } });
  await expect(world.reloadMappings()).rejects.toMatchObject({ code: "mappings-invalid" });
  expect(world.stubs.all()).toHaveLength(1);
});

function put(name: string, stub: unknown): void {
  writeFileSync(join(root, `mappings/${name}.json`), JSON.stringify(stub));
}
