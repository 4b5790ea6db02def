import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { lastJson, type Stage, setStage } from "./stage.ts";

/** A service under load that does what no service should: the result names it, and the command ends by itself. */
let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage[Symbol.asyncDispose]());

interface LoadJson {
  readonly gates: readonly { readonly gate: string; readonly held: boolean }[];
  readonly load: readonly {
    readonly verdict: { readonly kind: string };
    readonly totals: { readonly asked: number };
    readonly requests: readonly { readonly name: string; readonly asked: number; readonly errors: Readonly<Record<string, number>> }[];
  }[];
}

const misbehaving = `import { createServer } from "node:net";
createServer((socket) => {
  socket.on("error", () => undefined);
  socket.once("data", (data) => {
    const path = String(data).split(" ")[1];
    if (path === "/health") socket.end("HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok");
    else if (path === "/reset") socket.resetAndDestroy();
    else if (path === "/garbage") socket.end("\\u0000\\u0001 this is no answer\\r\\n\\r\\n");
    else if (path === "/endless") {
      socket.write("HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n");
      const more = () => { while (!socket.destroyed && socket.write("10000\\r\\n" + "x".repeat(65536) + "\\r\\n")); };
      socket.on("drain", more);
      more();
    }
  });
}).listen(8000);
`;

const jobs = `jobs:
  performance:
    kind: performance
    scenario: traffic.yaml
    warm-up: 0s
    connections: 20
    profiles: { load: { rate: 12/s, for: 1s } }
    gate: { errors: 1% }
`;

const scenario = `target: http://counter:8000
flows:
  - requests: [GET /never]
  - requests: [GET /reset]
  - requests: [GET /garbage]
  - requests: [GET /endless]
`;

test("a service that never answers, resets, sends garbage or a body without end fails with the kinds of errors, and all ends", {
  timeout: 180_000,
}, async () => {
  const directory = await stage.copy("counter", {
    "dojang.yml": (text) => text.replace(/jobs:\n.*/s, jobs),
    "services/counter.mjs": misbehaving,
  });
  await writeFile(join(directory, "traffic.yaml"), scenario);
  const ended = await stage.run(["run", "--json"], { directory });
  const { load, gates } = lastJson<LoadJson>(ended);
  expect(ended.exitCode, JSON.stringify(load[0]?.requests)).toBe(1);
  expect(gates).toMatchObject([{ gate: "load: errors", held: false }]);
  const [profile] = load;
  expect(profile?.totals.asked).toBe(12);
  for (const { name, asked, errors } of profile?.requests ?? [])
    expect(
      Object.values(errors).reduce((sum, count) => sum + count, 0),
      `${name} ${JSON.stringify(errors)}`,
    ).toBe(asked);
  const kinds = profile?.requests.flatMap(({ name, errors }) => Object.keys(errors).map((kind) => `${name}: ${kind}`));
  expect(kinds).toEqual([
    "GET /never: no complete answer in time",
    "GET /reset: the connection was reset",
    "GET /garbage: the answer is not HTTP",
    "GET /endless: the answer is larger than the limit",
  ]);
  await stage.expectNothingLeft();
});

test("a service that is not there at the port that is asked is a Problem with its fix", { timeout: 120_000 }, async () => {
  const directory = await stage.copy("counter", { "dojang.yml": (text) => text.replace(/jobs:\n.*/s, jobs) });
  await writeFile(join(directory, "traffic.yaml"), scenario.replace(":8000", ":8001"));
  const ended = await stage.run(["run"], { directory });
  expect(ended.exitCode, ended.stderr).toBe(3);
  expect(ended.stdout).toMatch(/nothing answers at counter:8001/);
  expect(ended.stdout).toMatch(/fix: start the server, or check host and port/);
  await stage.expectNothingLeft();
});
