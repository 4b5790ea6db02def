import { request } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { type MetricSink, type MetricSource, mapPrometheus, parsePrometheus, type Reading } from "@dojang/load";
import type { Runtime } from "@dojang/runtime";

export interface ScrapedFiguresOptions {
  readonly runtime: Runtime;
  readonly environmentId: string;
  readonly service: string;
  /** Where it tells its figures in Prometheus' text format, as seen from inside: `http://api:9100/metrics`. */
  readonly url: string;
}

const timeoutMs = 3_000;
const largestAnswerBytes = 8 * 1024 * 1024;

/** Figures that a service tells by itself, under the names that all services share. */
export function scrapedFigures(options: ScrapedFiguresOptions): MetricSource {
  const stopped = new AbortController();
  let following: Promise<void> | undefined;
  return {
    name: `${options.service} ${options.url}`,
    async start(sink, { signal, everyMs }) {
      following = follow(options, { sink, everyMs, signal: AbortSignal.any([signal, stopped.signal]) });
    },
    async stop() {
      stopped.abort();
      await following;
    },
  };
}

async function follow(
  options: ScrapedFiguresOptions,
  { sink, everyMs, signal }: { readonly sink: MetricSink; readonly everyMs: number; readonly signal: AbortSignal },
): Promise<void> {
  let before: Reading | undefined;
  let failed = false;
  while (!signal.aborted) {
    try {
      const text = await fetchText(options, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
      const reading: Reading = { at: performance.timeOrigin + performance.now(), samples: parsePrometheus(text) };
      for (const { metric, value } of mapPrometheus(reading, before))
        sink.point({ at: reading.at, service: options.service, metric, value });
      before = reading;
    } catch (error) {
      if (!failed && !signal.aborted)
        sink.onProblem(`${options.service}: ${options.url} told no figures: ${error instanceof Error ? error.message : String(error)}`);
      failed = true;
    }
    await wait(everyMs, undefined, { signal }).catch(() => undefined);
  }
}

async function fetchText({ runtime, environmentId, url }: ScrapedFiguresOptions, signal: AbortSignal): Promise<string> {
  const { hostname, port, pathname, search } = new URL(url);
  const socket = await runtime.connect(environmentId, { host: hostname, port: Number(port || 80) }, { signal });
  return new Promise((resolve, reject) => {
    const outgoing = request(
      // The runtime's stream does all of a socket that an HTTP client uses.
      {
        host: hostname,
        path: `${pathname}${search}`,
        headers: { accept: "text/plain", connection: "close" },
        signal,
        createConnection: () => socket as Socket,
      },
      (answer) => {
        const parts: Buffer[] = [];
        let bytes = 0;
        answer.on("data", (part: Buffer) => {
          bytes += part.length;
          if (bytes > largestAnswerBytes) outgoing.destroy(new Error("the answer is larger than 8 MiB"));
          else parts.push(part);
        });
        answer.on("error", reject);
        answer.on("end", () => {
          if (answer.statusCode === 200) resolve(Buffer.concat(parts).toString("utf8"));
          else reject(new Error(`it answered ${answer.statusCode}`));
        });
      },
    );
    outgoing.on("error", reject);
    outgoing.end();
  });
}
