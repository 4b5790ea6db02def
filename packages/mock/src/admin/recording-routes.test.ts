import { expect, test } from "vitest";
import { closeMocksAfterEach, runMock } from "./testing/running-mock.ts";

closeMocksAfterEach();

const recordings = "/__admin/recordings";

test("a recording is started, asked about, and ends with the stubs of what was fetched", async () => {
  const target = await runMock();
  await target.ask("POST", "/__admin/mappings", {
    request: { url: "/far" },
    response: { body: "far", headers: { "Content-Type": "text/plain" } },
  });
  const { ask } = await runMock();
  const status = async () => (await ask("GET", `${recordings}/status`)).json;
  expect(await status()).toEqual({ status: "NeverStarted" });
  const spec = { targetBaseUrl: `http://127.0.0.1:${target.server.port}` };
  expect(await ask("POST", `${recordings}/start`, spec)).toMatchObject({ status: 200, text: "{}" });
  expect(await status()).toEqual({ status: "Recording" });
  expect((await ask("GET", "/far")).text).toBe("far");
  const stopped = await ask("POST", `${recordings}/stop`);
  expect(stopped.json.mappings).toMatchObject([{ request: { url: "/far", method: "GET" }, response: { body: "far" } }]);
  expect(await status()).toEqual({ status: "Stopped" });
});

test("a snapshot is of what the journal holds, as stubs or as their ids", async () => {
  const { ask } = await runMock();
  expect((await ask("POST", `${recordings}/snapshot`)).json).toEqual({ mappings: [] });
  expect((await ask("POST", `${recordings}/snapshot`, { outputFormat: "ids" })).json).toEqual({ ids: [] });
});

test("stopping what was not started is 400, in the words that clients know", async () => {
  const { ask } = await runMock();
  expect(await ask("POST", `${recordings}/stop`)).toMatchObject({
    status: 400,
    json: { errors: [{ code: 30, title: "Not currently recording." }] },
  });
});

test.each([
  ["start", "", "/"],
  ["start", "{", undefined],
  ["start", "[]", "/"],
  ["start", { foo: 1 }, "/foo"],
  ["start", { filters: { urlPatern: "/x" } }, "/filters/urlPatern"],
  ["snapshot", { outputFormat: "x" }, "/outputFormat"],
])("%s refuses %j", async (path, body, pointer) => {
  const { ask } = await runMock();
  const refused = await ask("POST", `${recordings}/${path}`, body);
  expect(refused.status).toBe(422);
  expect(refused.json.errors[0]).toMatchObject({ code: 10, title: "Error parsing JSON" });
  expect(refused.json.errors[0].source.pointer).toBe(pointer);
  expect((await ask("GET", `${recordings}/status`)).json).toEqual({ status: "NeverStarted" });
});
