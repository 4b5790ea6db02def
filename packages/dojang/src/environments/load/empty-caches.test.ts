import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import type { ServiceSpec } from "@dojang/model";
import { FakeRuntime } from "@dojang/runtime";
import { expect, test } from "vitest";
import { emptyCaches } from "./empty-caches.ts";
import { generatorService } from "./generator-service.ts";

/** Services of an environment, as far as this looks. */
function service(name: string, image: string, command: readonly string[] = []): ServiceSpec {
  return { ...generatorService("/nowhere"), name, program: { kind: "image", image, command: [...command] } };
}

/** Speaks as much of Redis as is asked here, and keeps what was asked. */
async function listen(answer: string) {
  const asked: string[] = [];
  const server = createServer((socket) => {
    socket.on("data", (data) => {
      asked.push(...[...String(data).matchAll(/\r\n([A-Za-z]\S*)/g)].map((found) => found[1] ?? ""));
      socket.write(answer);
    });
    socket.on("error", () => undefined);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  // It listens on a port, so its address is one.
  const { port } = server.address() as AddressInfo;
  return { asked, port, close: () => server.close() };
}

function runtimeTo(port: number, hosts: string[]) {
  return Object.assign(new FakeRuntime(), {
    connect: async (_id: string, target: { readonly host: string }) => {
      hosts.push(target.host);
      return connect(port, "127.0.0.1");
    },
  });
}

test("every Redis of the environment is emptied, and nothing else is asked", async () => {
  const redis = await listen("+OK\r\n");
  const hosts: string[] = [];
  const services = [service("cache", "redis:7"), service("sessions", "docker.io/valkey/valkey:8"), service("api", "node:24")];
  await emptyCaches({ runtime: runtimeTo(redis.port, hosts), environmentId: "e", services, signal: AbortSignal.timeout(10_000) });
  redis.close();
  expect(hosts.sort()).toEqual(["cache", "sessions"]);
  expect(redis.asked).toEqual(["FLUSHALL", "FLUSHALL"]);
});

test("a Redis that refuses is an error, for the traffic would meet a full cache", async () => {
  const redis = await listen("-NOAUTH Authentication required.\r\n");
  const emptied = emptyCaches({
    runtime: runtimeTo(redis.port, []),
    environmentId: "e",
    services: [service("cache", "redis:7")],
    signal: AbortSignal.timeout(10_000),
  });
  await expect(emptied).rejects.toThrow(/NOAUTH/);
  redis.close();
});
