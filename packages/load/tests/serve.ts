import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import type { LoadPlan } from "../src/plan/load-plan.ts";

/** Listens until the test is over; gives the port. */
export async function listening(server: Server | ReturnType<typeof createTcpServer>): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  // Listening on a port, not on a path.
  return (server.address() as AddressInfo).port;
}

export const serve = (listener: RequestListener): Promise<number> => listening(createServer({ keepAliveTimeout: 60_000 }, listener));

export const serveTcp = (listener: (socket: Socket) => void): Promise<number> => listening(createTcpServer(listener));

/** A port that nobody listens at. */
export async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A short run at a port: 40 requests at 100 a second. */
export function testPlan(port: number, wish: Pick<LoadPlan, "scenario"> & Partial<LoadPlan>): LoadPlan {
  return {
    target: { scheme: "http", host: "127.0.0.1", port, protocol: "http/1.1" },
    profile: "load",
    traffic: { model: "open", arrivals: "even", stages: [{ fromPerSecond: 100, toPerSecond: 100, forMs: 400 }] },
    // Long: what is asked of a test must not depend on how busy the machine is.
    connections: { max: 50, connectTimeoutMs: 10_000 },
    timeoutMs: 10_000,
    requestIdEvery: 0,
    objectives: [],
    abortEarly: false,
    threads: 1,
    samples: { max: 10_000 },
    seed: 1,
    ...wish,
  };
}
