import assert from "node:assert/strict";

// npm run test:smoke: does a running copy work at all? Asks DOJANG_URL as a browser would, within seconds, and leaves one
// small list behind.
const url = (process.env.DOJANG_URL ?? "http://localhost:3000").replace(/\/$/, "");
const signal = AbortSignal.timeout(20_000);

async function ask(method: string, path: string, body?: unknown): Promise<Response> {
  return fetch(`${url}${path}`, {
    method,
    signal,
    headers: body === undefined ? {} : { "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
}

const page = await ask("GET", "/");
assert.equal(page.status, 200, "the page is there");
assert.match(await page.text(), /<html/, "the page is a document");

const health = await ask("GET", "/health");
assert.equal(((await health.json()) as { api: string }).api, "up", "the page reaches the api");

const made = await ask("POST", "/api/lists", { items: ["smoke test"] });
assert.equal(made.status, 201, "a list can be made");
const { id } = (await made.json()) as { id: string };

const read = await ask("GET", `/api/lists/${id}`);
assert.equal(read.status, 200, "a list can be read");
assert.match(await read.text(), /smoke test/, "a list is read as it was written");

process.stdout.write(`${url} works\n`);
