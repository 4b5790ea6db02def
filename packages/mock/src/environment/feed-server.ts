import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { CallFeed } from "./call-feed.ts";
import type { FeedLine } from "./feed-format.ts";

export interface FeedServerOptions {
  readonly feed: CallFeed;
  readonly summary: () => Omit<Extract<FeedLine, { kind: "end" }>, "kind">;
}

/** Readers at once: one follows, one may ask again. */
const mostReaders = 8;

/** `GET /health`, and `GET /calls` as feed-format.ts has it. Asking it changes nothing. */
export function createFeedServer({ feed, summary }: FeedServerOptions): Server {
  const life = randomUUID();
  let readers = 0;
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://mock");
    if (url.pathname === "/health") return void response.end("ok\n");
    if (url.pathname !== "/calls") return void response.writeHead(404).end();
    if (readers >= mostReaders) return void response.writeHead(503).end();
    readers += 1;
    const gone = new AbortController();
    response.on("close", () => {
      readers -= 1;
      gone.abort();
    });
    response.writeHead(200, { "Content-Type": "application/x-ndjson" });
    const asked = Number(url.searchParams.get("after") ?? 0);
    const after = url.searchParams.get("life") === life && Number.isSafeInteger(asked) ? asked : 0;
    const write = (line: FeedLine) => send(response, JSON.stringify(line), gone.signal);
    void (async () => {
      await write({ kind: "begin", life });
      await tell(feed, { response, after, follow: url.searchParams.has("follow"), signal: gone.signal });
      await write({ kind: "end", ...summary() });
      response.end();
    })();
  });
  server.maxConnections = mostReaders * 4;
  return server;
}

interface Telling {
  readonly response: ServerResponse;
  readonly after: number;
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

/** Everything after a call: up to now, or with `follow` until the reader has gone. */
async function tell(feed: CallFeed, { response, after, follow, signal }: Telling): Promise<void> {
  let at = after;
  // What is added while it tells is told too, but not for ever.
  const until = follow ? Number.POSITIVE_INFINITY : feed.newest;
  while (!signal.aborted && at < until) {
    const found = feed.read(at);
    if (found === undefined) {
      if (!follow) break;
      await feed.changed(signal);
      continue;
    }
    if (found.dropped > 0) {
      const dropped: FeedLine = { kind: "dropped", upTo: found.sequence - 1, count: found.dropped };
      await send(response, JSON.stringify(dropped), signal);
    }
    await send(response, found.line, signal);
    at = found.sequence;
  }
}

async function send(response: ServerResponse, line: string, signal: AbortSignal): Promise<void> {
  if (signal.aborted || response.write(`${line}\n`)) return;
  await once(response, "drain", { signal }).catch(() => undefined);
}
