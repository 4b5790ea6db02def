/**
 * Loaded into the Node processes of services by NODE_OPTIONS=--require. A request id that comes in (`traceparent`, else
 * `X-Request-Id`) goes out again on what the service asks of others while it works on that request, and in front of each line it
 * writes meanwhile, between U+0001 and U+0002; log ingest takes that off again, so the service's own format stays as it is.
 * `DOJANG_PRELOAD=off` leaves a service alone. Each part is on its own: where one cannot be installed, the others still work.
 *
 *   service/vitals.mjs     how the process fares, when DOJANG_VITALS_MS asks (before stamping, so that its own lines pass by it)
 *   service/context.mjs    which request is being worked on (AsyncLocalStorage)
 *   service/incoming.mjs   enters it: http and https servers, whatever framework is on top
 *   service/outgoing.mjs   passes it on: fetch, undici, http, https
 *   service/stamping.mjs   writes it: console, process.stdout and stderr, loggers that write to the descriptors themselves
 *
 * Required and not imported: with --import, Node's own loader would take the program's first file, and ts-node, babel-node
 * and others that stand in its way would never see it.
 *
 * A queue's worker starts without a request. An application that stores `traceparent` with a job can restore it by
 * `globalThis[Symbol.for("dojang.runWithRequestId")](traceparent, work)`.
 */
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const mark = Symbol.for("dojang.service");

if (process.env.DOJANG_PRELOAD !== "off" && !globalThis[mark]) {
  Object.defineProperty(globalThis, mark, { value: true });
  for (const part of ["vitals", "context", "incoming", "outgoing", "stamping"]) {
    try {
      require(`./service/${part}.mjs`).install();
    } catch (error) {
      if (process.env.DOJANG_DEBUG) process.stderr.write(`dojang: ${part} is not followed in this process: ${error?.stack ?? error}\n`);
    }
  }
}
