import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import type { Attribution } from "./attribution.ts";
import { now } from "./recording.ts";

/** Where preloads tell which test runs, on every lane: `POST` one event. Only a request that is not meant for a service can hit it. */
export const testEventsPath = "/dojang/tests";

const event = z.object({
  event: z.enum(["begin", "end"]),
  file: z.string().max(4096),
  titlePath: z.array(z.string().max(4096)).max(64),
  project: z.string().max(256).nullish(),
  attempt: z.number().int().min(1).max(10_000).optional(),
  /** Milliseconds since the epoch; the recorder's clock when absent. */
  at: z.number().optional(),
  /** The test ends with the connection this came by: set by clients that keep one for as long as they live. */
  untilClosed: z.boolean().optional(),
  status: z.enum(["passed", "failed", "skipped", "error"]).optional(),
});

const maxEventBytes = 256 * 1024;

/** Answers 200 once the event holds: a request sent after that belongs to the test. */
export async function answerControl(options: {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly lane: number;
  readonly attribution: Attribution;
  /** Live tests announced over one connection end with it. */
  readonly onBegin: (id: string) => void;
}): Promise<void> {
  const { request, response, lane, attribution } = options;
  const reply = (status: number, body: unknown) => {
    response.writeHead(status, { "Content-Type": "application/json" }).end(`${JSON.stringify(body)}\n`);
  };
  if (request.url !== testEventsPath || request.method !== "POST") {
    request.resume();
    reply(404, { error: `this is Dojang's recorder, a forward proxy: use it as HTTP_PROXY, or POST events to ${testEventsPath}` });
    return;
  }
  const parsed = event.safeParse(await readJson(request));
  if (!parsed.success) {
    reply(400, { error: z.prettifyError(parsed.error) });
    return;
  }
  const { event: kind, at = now(), status, untilClosed, ...claim } = parsed.data;
  const test = kind === "begin" ? attribution.begin(lane, claim, at) : attribution.end(lane, claim, at, status);
  if (kind === "begin" && untilClosed) options.onBegin(test.id);
  reply(200, { id: test.id });
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= maxEventBytes) chunks.push(chunk);
  }
  if (bytes > maxEventBytes) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    return undefined;
  }
}
