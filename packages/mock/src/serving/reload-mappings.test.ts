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

test("documents that a stub would break are not taken over", async () => {
  const file = join(root, "api.json");
  const declare = (paths: object) => writeFileSync(file, JSON.stringify({ openapi: "3.1.0", info: { title: "T", version: "1" }, paths }));
  const declared = (url: string) => world.contract?.declares(exampleRequest({ url }));
  const operation = { get: { responses: { 200: { description: "ok" } } } };
  declare({ "/a": operation });
  put("a", { request: { url: "/a", method: "GET" }, response: { status: 200 } });
  const world = await createMockWorld({ directory: root, openapi: [file] });
  declare({ "/a": { get: { responses: { 204: { description: "ok" } } } }, "/b": operation });
  await expect(world.reloadContract()).rejects.toMatchObject({ code: "stub-breaks-contract" });
  expect([declared("/a"), declared("/b")]).toEqual([true, false]);
  declare({ "/a": operation, "/b": operation });
  await world.reloadContract();
  expect([declared("/a"), declared("/b")]).toEqual([true, true]);
});

function put(name: string, stub: unknown): void {
  writeFileSync(join(root, `mappings/${name}.json`), JSON.stringify(stub));
}
