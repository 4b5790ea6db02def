import { createServer, request, type Server } from "node:http";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { describe, expect, test } from "vitest";
import { actorProgram, environment, server, service } from "./actor-services.ts";
import { neverAborted, type Stage } from "./stage.ts";

export function networkSection(stage: () => Stage): void {
  describe("names, connect and expose", () => {
    test("a service reaches another by its name or alias in the value of a variable", async () => {
      const { up, newId, context, act } = stage();
      const id = newId();
      await up(
        environment(id, [
          server("api", context, { aliases: ["backend"], environment: { ANSWER: "from api" } }),
          service("worker", actorProgram(context, "stay"), {
            environment: { API_URL: "http://api:8000/by-name", ALIAS_URL: "http://backend:8000/by-alias" },
          }),
        ]),
      );
      expect((await act(id, "worker", ["ask", "API_URL"])).stdout).toBe("200 from api\n");
      expect((await act(id, "worker", ["ask", "ALIAS_URL"])).stdout).toBe("200 from api\n");
    });

    test("the control plane speaks HTTP with a service through connect", async () => {
      const { up, newId, context, runtime } = stage();
      const id = newId();
      await up(environment(id, [server("api", context, { environment: { ANSWER: "through a stream" } })]));
      const stream = await runtime.connect(id, { host: "api", port: 8000 }, { signal: neverAborted() });
      expect(await ask(stream, "/connected")).toEqual({ status: 200, text: "through a stream" });
      expect((await stage().lines(id, { service: "api" })).map((line) => line.text)).toContain("asked /connected");
    });

    test("connecting to a port where nobody listens is refused", async () => {
      const { up, newId, context, runtime } = stage();
      const id = newId();
      await up(environment(id, [server("api", context)]));
      await expect(runtime.connect(id, { host: "api", port: 8099 }, { signal: AbortSignal.timeout(5_000) })).rejects.toThrow();
    });

    test("connections to an exposed address arrive at the control plane's socket", async () => {
      const { up, newId, context, runtime, act } = stage();
      const id = newId();
      await up(environment(id, [server("api", context)]));
      const socketPath = join(runtime.socketDirectory(id), "control.sock");
      const control = await listen(socketPath, "from the control plane");
      try {
        const target = await runtime.expose(id, { socketPath, port: 0 });
        const environmentOfCommand = { CONTROL_URL: `http://${target.host}:${target.port}/exposed` };
        const said = await act(id, "api", ["ask", "CONTROL_URL"], { environment: environmentOfCommand });
        expect(said.stdout).toBe("200 from the control plane\n");
      } finally {
        control.closeAllConnections();
        control.close();
      }
    });

    test("two environments whose services use the same port do not meet", async () => {
      const { up, newId, context, runtime } = stage();
      const [first, second] = [newId(), newId()];
      await up(environment(first, [server("api", context, { environment: { ANSWER: "first" } })]));
      await up(environment(second, [server("api", context, { environment: { ANSWER: "second" } })]));
      const answers = await Promise.all(
        [first, second].map(async (id) => ask(await runtime.connect(id, { host: "api", port: 8000 }, { signal: neverAborted() }), "/")),
      );
      expect(answers.map((answer) => answer.text)).toEqual(["first", "second"]);
    });

    test("two services of one environment may listen on the same port where that is promised", async () => {
      const { up, newId, context, runtime } = stage();
      if (!runtime.promises.ownNetwork) return;
      const id = newId();
      await up(
        environment(id, [
          server("left", context, { environment: { ANSWER: "left" } }),
          server("right", context, { environment: { ANSWER: "right" } }),
        ]),
      );
      for (const host of ["left", "right"]) {
        const stream = await runtime.connect(id, { host, port: 8000 }, { signal: neverAborted() });
        expect((await ask(stream, "/")).text).toBe(host);
      }
    });
  });
}

/** One HTTP request over a stream that is already there. */
export function ask(stream: Duplex, path: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ path, headers: { host: "contract", connection: "close" }, createConnection: () => stream }, (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      response.on("error", reject);
    });
    asked.on("error", reject);
    asked.end();
  });
}

async function listen(socketPath: string, answer: string): Promise<Server> {
  const control = createServer((_request, response) => response.end(answer));
  await new Promise<void>((resolve) => control.listen(socketPath, resolve));
  return control;
}
