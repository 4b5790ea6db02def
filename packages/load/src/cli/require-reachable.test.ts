import { rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { freePort, serveTcp, testPlan } from "../../tests/serve.ts";
import type { LoadPlan } from "../plan/load-plan.ts";
import { requireReachable } from "./require-reachable.ts";

const scenario: LoadPlan["scenario"] = { name: "s", flows: [], headers: [], variables: {}, data: [] };

test("a server that listens is enough, whether it ever answers or not, and the connection is given back", async () => {
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  const port = await serveTcp((socket) => void socket.on("close", () => resolve()).resume());
  await requireReachable(testPlan(port, { scenario }), AbortSignal.timeout(10_000));
  await closed;
});

test("nobody listening is a Problem that names the address, and is no verdict", async () => {
  const port = await freePort();
  await expect(requireReachable(testPlan(port, { scenario }), AbortSignal.timeout(10_000))).rejects.toMatchObject({
    code: "load-target-unreachable",
    message: expect.stringContaining(`127.0.0.1:${port}`),
    exitCode: 3,
  });
});

test("over TLS the certificate may be the reason, and the flag that trusts it is named", async () => {
  const port = await serveTcp((socket) => void socket.end("this is no TLS"));
  const plan = testPlan(port, { scenario, target: { scheme: "https", host: "127.0.0.1", port, protocol: "http/1.1" } });
  await expect(requireReachable(plan, AbortSignal.timeout(10_000))).rejects.toMatchObject({
    message: expect.stringContaining(`no connection to 127.0.0.1:${port} by TLS`),
    fix: expect.stringContaining("--ca FILE"),
  });
});

test("a unix socket is asked instead of host and port, and named when it is not there", async () => {
  const path = join(tmpdir(), `dojang-reachable-${process.pid}.sock`);
  const plan = testPlan(1, { scenario, target: { scheme: "http", host: "api", port: 1, protocol: "http/1.1", socketPath: path } });
  await expect(requireReachable(plan, AbortSignal.timeout(10_000))).rejects.toMatchObject({ message: expect.stringContaining(path) });
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(async () => {
    server.close();
    await rm(path, { force: true });
  });
  await requireReachable(plan, AbortSignal.timeout(10_000));
});

test("a server that does not speak TLS is not reached by https", async () => {
  const port = await serveTcp((socket) => void socket.on("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")));
  const target: LoadPlan["target"] = { scheme: "https", host: "127.0.0.1", port, protocol: "http/1.1", tls: { verify: false } };
  await expect(requireReachable(testPlan(port, { scenario, target }), AbortSignal.timeout(10_000))).rejects.toMatchObject({
    code: "load-target-unreachable",
  });
});

test("a handshake that never ends is given up after the limit", async () => {
  const port = await serveTcp(() => undefined);
  const target: LoadPlan["target"] = { scheme: "https", host: "127.0.0.1", port, protocol: "http/1.1", tls: { verify: false } };
  const plan = testPlan(port, { scenario, target, connections: { max: 1, connectTimeoutMs: 100 } });
  await expect(requireReachable(plan, AbortSignal.timeout(10_000))).rejects.toMatchObject({
    message: expect.stringContaining("within 100 ms"),
  });
});

test("an interruption ends the attempt without a Problem", async () => {
  const port = await serveTcp(() => undefined);
  const target: LoadPlan["target"] = { scheme: "https", host: "127.0.0.1", port, protocol: "http/1.1", tls: { verify: false } };
  const interruption = new AbortController();
  const asked = requireReachable(testPlan(port, { scenario, target }), interruption.signal);
  interruption.abort();
  await asked;
});
