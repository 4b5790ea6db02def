import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { afterEach } from "vitest";
import type { MockOptions, MockServer } from "../../contract.ts";
import { startMock } from "../../serving/start-mock.ts";

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The body as JSON; undefined when it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape
  readonly json: any;
}

export interface Asking {
  readonly headers?: Readonly<Record<string, string>>;
  readonly secure?: boolean;
}

export interface RunningMock {
  readonly server: MockServer;
  /** Bodies that are no strings are sent as JSON. */
  ask(method: string, path: string, body?: unknown, asking?: Asking): Promise<Reply>;
}

const running: MockServer[] = [];

/** Closes every mock that a test has started. */
export function closeMocksAfterEach(): void {
  afterEach(async () => {
    await Promise.all(running.splice(0).map((server) => server.close()));
  });
}

export async function runMock(options: MockOptions = {}): Promise<RunningMock> {
  const server = await startMock({ listen: { port: 0, address: "127.0.0.1" }, ...options });
  running.push(server);
  return { server, ask: (method, path, body, asking) => ask(server, { method, path, body, ...asking }) };
}

export function stubId(number: number): string {
  return `${String(number).padStart(8, "0")}-0000-4000-8000-000000000000`;
}

/** Paths are sent as they are given: `fetch` would straighten `..`. */
function ask(
  server: MockServer,
  { method, path, body, headers, secure = false }: Asking & { method: string; path: string; body?: unknown },
): Promise<Reply> {
  const sent = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  const port = secure ? server.httpsPort : server.port;
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, method, path, headers: { ...headers }, agent: false as const, rejectUnauthorized: false };
    const request = (secure ? httpsRequest : httpRequest)(options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: parsed(text) });
      });
    });
    request.on("error", reject);
    request.end(sent);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
