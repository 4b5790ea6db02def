import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect as netConnect, type Socket } from "node:net";
import type { Comparison, HttpExpectation, LinkedCheck } from "@dojang/model";
import type { Runtime } from "@dojang/runtime";
import pg from "pg";
import type { LinkedCheckFacts } from "../report/run-facts.ts";
import { openServiceBridge } from "./service-bridge.ts";

export interface LinkedCheckRequest {
  readonly check: LinkedCheck;
  readonly variables: Readonly<Record<string, string>>;
  readonly runtime: Runtime;
  readonly environmentId: string;
  /** Whether a host is a service of the environment; any other is asked from here. */
  readonly isInside: (host: string) => boolean;
  readonly signal: AbortSignal;
}

type Seen = Omit<LinkedCheckFacts, "job" | "name">;
type Answer = Pick<Seen, "expected" | "seen" | "passed">;

/** Asks once and compares. What cannot be reached is a check that failed, with the reason as what was seen. */
export async function runLinkedCheck(request: LinkedCheckRequest): Promise<Seen> {
  const { check } = request;
  const from = performance.now();
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(check.timeoutMs)]);
  const about = describeCheck(check);
  try {
    const answer = await ask({ ...request, signal });
    return { check: about, ...answer, durationMs: performance.now() - from };
  } catch (error) {
    request.signal.throwIfAborted();
    const seen = signal.aborted ? `no answer within ${check.timeoutMs / 1000} s` : messageOf(error);
    return { check: about, expected: expectedOf(check), seen, passed: false, durationMs: performance.now() - from };
  }
}

function ask(request: LinkedCheckRequest): Promise<Answer> {
  switch (request.check.kind) {
    case "sql":
      return askSql(request, request.check);
    case "http":
      return askHttp(request, request.check);
    case "tcp":
      return askTcp(request, request.check);
  }
}

async function askSql(request: LinkedCheckRequest, check: Extract<LinkedCheck, { kind: "sql" }>): Promise<Answer> {
  const url = new URL(replaced(check.url, request.variables));
  const target = { host: url.hostname, port: Number(url.port || 5432) };
  const inside = request.isInside(target.host);
  await using bridge = inside ? await openServiceBridge({ ...request, target, socketName: `.s.PGSQL.${target.port}` }) : undefined;
  const client = new pg.Client({
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)),
    host: bridge?.directory ?? target.host,
    port: target.port,
    connectionTimeoutMillis: check.timeoutMs,
    query_timeout: check.timeoutMs,
  });
  // A connection that breaks is reported by the query that was waiting for it.
  client.on("error", () => {});
  try {
    await client.connect();
    const result = await client.query({ text: check.sql, rowMode: "array" });
    const value = result.rows[0]?.[0];
    const seen = value === undefined || value === null ? "nothing" : String(value);
    return { expected: expectedOf(check), seen, passed: check.expect === undefined || holds(check.expect, seen) };
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function askHttp(request: LinkedCheckRequest, check: Extract<LinkedCheck, { kind: "http" }>): Promise<Answer> {
  const url = new URL(replaced(check.http.target, request.variables));
  const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
  const from = performance.now();
  const socket = request.isInside(url.hostname)
    ? await request.runtime.connect(request.environmentId, { host: url.hostname, port }, { signal: request.signal })
    : undefined;
  const send = url.protocol === "https:" ? httpsRequest : httpRequest;
  const answer = await new Promise<{ status: number; body: string }>((resolve, reject) => {
    const outgoing = send(
      url,
      // The runtime's stream does all of a socket that an HTTP client uses.
      { method: check.http.method, signal: request.signal, ...(socket ? { createConnection: () => socket as Socket } : {}) },
      (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on("data", (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes <= bodyLimitBytes) chunks.push(chunk);
        });
        response.on("error", reject);
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") }));
      },
    );
    outgoing.on("error", reject);
    outgoing.end();
  }).finally(() => socket?.destroy());
  const durationMs = performance.now() - from;
  return { expected: expectedOf(check), ...judgeHttp(check.expect, { ...answer, durationMs }) };
}

async function askTcp(request: LinkedCheckRequest, check: Extract<LinkedCheck, { kind: "tcp" }>): Promise<Answer> {
  const [host = "", port = ""] = replaced(check.tcp, request.variables).split(/:(?=\d+$)/);
  const target = { host, port: Number(port) };
  if (request.isInside(host)) {
    (await request.runtime.connect(request.environmentId, target, { signal: request.signal })).destroy();
  } else {
    await new Promise<void>((resolve, reject) => {
      const socket = netConnect({ ...target, signal: request.signal }, () => {
        socket.destroy();
        resolve();
      });
      socket.on("error", reject);
    });
  }
  return { expected: expectedOf(check), seen: "accepted", passed: true };
}

const bodyLimitBytes = 1024 * 1024;

function judgeHttp(
  expect: HttpExpectation,
  answer: { readonly status: number; readonly body: string; readonly durationMs: number },
): Pick<Answer, "seen" | "passed"> {
  const misses = [
    expect.status && !expect.status.includes(answer.status) ? `status ${answer.status}` : undefined,
    expect.contains && !answer.body.includes(expect.contains) ? `a body without "${expect.contains}"` : undefined,
    expect.withinMs !== undefined && answer.durationMs > expect.withinMs ? `${Math.round(answer.durationMs)} ms` : undefined,
  ].filter((miss) => miss !== undefined);
  return { seen: misses.length > 0 ? misses.join(", ") : `status ${answer.status}`, passed: misses.length === 0 };
}

/** Numbers are compared as numbers when both sides are; `~` is a regular expression. */
export function holds({ operator, value }: Comparison, seen: string): boolean {
  const [left, right] = [Number(seen), Number(value)];
  const numeric = seen.trim() !== "" && value !== "" && Number.isFinite(left) && Number.isFinite(right);
  const order = numeric ? Math.sign(left - right) : seen < value ? -1 : seen > value ? 1 : 0;
  switch (operator) {
    case "=":
      return order === 0;
    case "!=":
      return order !== 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case "~":
      return new RegExp(value).test(seen);
  }
}

function replaced(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\$(?:\{(\w+)\}|(\w+))/g, (whole, braced: string | undefined, plain: string | undefined) => {
    const value = variables[braced ?? plain ?? ""];
    if (value === undefined) throw new Error(`variable ${whole} is not set, neither for the job nor in any service`);
    return value;
  });
}

function describeCheck(check: LinkedCheck): string {
  if (check.kind === "sql") return `sql: ${check.sql}`;
  return check.kind === "http" ? `http: ${check.http.method} ${check.http.target}` : `tcp: ${check.tcp}`;
}

function expectedOf(check: LinkedCheck): string {
  if (check.kind === "tcp") return "a connection is accepted";
  if (check.kind === "sql") return check.expect ? `${check.expect.operator} ${check.expect.value}` : "any answer";
  const { status, contains, withinMs } = check.expect;
  const parts = [status && `status ${status.join(" or ")}`, contains && `"${contains}" in the body`, withinMs && `within ${withinMs} ms`];
  return parts.filter((part) => typeof part === "string").join(", ") || "any answer";
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return error.errors[0].message;
  return error instanceof Error ? error.message : String(error);
}
