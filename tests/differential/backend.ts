import { createServer } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import type { Step } from "./cases.ts";
import type { Json, JsonObject } from "./json.ts";

/** The outside system behind both servers: it answers with what it was asked, and remembers what was sent to `/hook`. */
export interface Backend {
  readonly origin: string;
  /** Waits until so many hooks have come since the last time, and forgets them. */
  takeHooks(count: number): Promise<readonly Json[]>;
  stop(): Promise<void>;
}

/** Stands for the backend's address in steps. */
export const backendName = "http://backend.test";

export async function startBackend(): Promise<Backend> {
  let hooks: JsonObject[] = [];
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    const body = Buffer.concat(pieces);
    const seen: JsonObject = {
      method: request.method ?? "",
      url: request.url ?? "",
      headers: sortedHeaders(request.rawHeaders),
      body: body.toString("latin1"),
    };
    const path = new URL(request.url ?? "/", "http://x").pathname;
    response.sendDate = false;
    if (path.startsWith("/hook")) hooks.push(seen);
    if (path.startsWith("/status/")) response.writeHead(Number(path.slice(8)), { "X-From": "backend" }).end("status");
    else if (path === "/gzip")
      response.writeHead(200, { "Content-Encoding": "gzip", "Content-Type": "text/plain" }).end(gzipSync("zipped by the backend"));
    else if (path === "/cookies") response.writeHead(200, { "Set-Cookie": ["a=1", "b=2"], "X-Many": ["1", "2"] }).end();
    else if (path === "/redirect") response.writeHead(302, { Location: "/elsewhere" }).end();
    else if (path === "/latin1")
      response.writeHead(200, { "Content-Type": "text/plain; charset=iso-8859-1" }).end(Buffer.from("ü", "latin1"));
    else if (path === "/xml") response.writeHead(200, { "Content-Type": "application/xml" }).end("<root><a>1</a></root>");
    else if (path === "/bytes") response.writeHead(200, { "Content-Type": "application/octet-stream" }).end(Buffer.from([0, 1, 254, 255]));
    else if (path === "/reset") request.socket.resetAndDestroy();
    else if (path === "/chunked") {
      response.writeHead(200, { "Content-Type": "text/plain" });
      response.write("one ");
      response.end("two");
    } else response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(seen));
  });
  // Else Node adds a Keep-Alive header, which is the connection's and not the answer's.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the backend has no port");
  return {
    origin: `http://127.0.0.1:${address.port}`,
    async takeHooks(count) {
      const until = performance.now() + 10_000;
      while (hooks.length < count && performance.now() < until) await delay(10);
      const taken = hooks;
      hooks = [];
      return taken;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Order among different names says nothing; a client that names itself is not what is compared. */
function sortedHeaders(raw: readonly string[]): Json {
  const pairs: [string, string][] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) pairs.push([raw[index] ?? "", raw[index + 1] ?? ""]);
  return pairs
    .filter(([name, value]) => name !== "User-Agent" || !/^(Apache-HttpClient\/|dojang-mock)/.test(value))
    .toSorted(([one], [other]) => one.toLowerCase().localeCompare(other.toLowerCase()));
}

/** The steps with the backend's address in place of its name. */
export function withBackend(steps: readonly Step[], origin: string): readonly Step[] {
  return steps.map((step) =>
    typeof step === "function" || typeof step.body !== "string" ? step : { ...step, body: step.body.replaceAll(backendName, origin) },
  );
}
