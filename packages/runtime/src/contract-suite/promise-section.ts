import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { actorProgram, environment, server, service } from "./actor-services.ts";
import { problemOf, type Stage } from "./stage.ts";

export function promiseSection(stage: () => Stage): void {
  describe("what is promised, and what is not", () => {
    test("available tells people what it found and never throws", async () => {
      const available = await stage().runtime.available({ signal: new AbortController().signal });
      expect(available).toMatchObject({ ok: true });
      expect(available.summary).toContain(stage().runtime.name);
      for (const check of available.checks)
        expect(check.state === "ok" || check.fix !== "", `${check.name} says how to mend it`).toBe(true);
    });

    test("a service reads no secret of the host and reaches no listener of it, where isolation is promised", async () => {
      const { up, newId, context, act, runtime } = stage();
      const folder = await mkdtemp(join(tmpdir(), "dojang-secret-"));
      const secret = join(folder, "secret.txt");
      // Where a guest would be kept out by permissions alone, the declaration would be tested by luck.
      await chmod(folder, 0o755);
      await writeFile(secret, "only for the host", { mode: 0o644 });
      const listener = createServer((socket) => socket.destroy());
      await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
      try {
        const id = newId();
        await up(environment(id, [server("api", context)]));
        // A listening server has an address and a port.
        const { port } = listener.address() as AddressInfo;
        const read = (await act(id, "api", ["read", secret])).stdout;
        const reached = (await act(id, "api", ["reach", "127.0.0.1", String(port)])).stdout;
        if (runtime.promises.isolation) {
          expect(read).toMatch(/^refused/);
          expect(reached).toMatch(/^refused/);
        } else {
          expect([read, reached], "promises.isolation is false although nothing could be reached").toContain(
            read.startsWith("refused") ? "reached\n" : read,
          );
        }
      } finally {
        listener.close();
        await rm(folder, { recursive: true, force: true });
      }
    });

    test("a service sees no other service's files, where isolation is promised", async () => {
      const { up, newId, context, act, runtime } = stage();
      if (!runtime.promises.isolation) return;
      const id = newId();
      await up(environment(id, [server("api", context), service("other", actorProgram(context, "stay"))]));
      expect((await act(id, "other", ["write", "/tmp/mine.txt", "mine"])).exitCode).toBe(0);
      expect((await act(id, "api", ["read", "/tmp/mine.txt"])).stdout).toMatch(/^refused/);
    });

    test("the outside cannot be reached where isolation is promised", async () => {
      const { up, newId, context, act, runtime } = stage();
      if (!runtime.promises.isolation) return;
      const id = newId();
      await up(environment(id, [server("api", context)]));
      // TEST-NET-3 of RFC 5737: belongs to nobody.
      expect((await act(id, "api", ["reach", "203.0.113.7", "80"])).stdout).toMatch(/^refused/);
    });

    test("code of people who are not trusted runs only where that is promised", async () => {
      const { up, newId, context, runtime } = stage();
      const id = newId();
      const spec = environment(id, [server("api", context)], { trusted: false });
      if (runtime.promises.untrusted) {
        expect((await up(spec)).state).toBe("running");
        return;
      }
      const problem = await problemOf(up(spec));
      expect(problem).toMatchObject({ code: "untrusted-needs-isolation", exit: "refused" });
      expect(await runtime.inspect(id)).toBeUndefined();
    });

    test("untrusted is promised only together with isolation", () => {
      const { promises } = stage().runtime;
      expect(promises.untrusted && !promises.isolation).toBe(false);
    });
  });
}
