import { describe, expect, test } from "vitest";
import type { OutputLine } from "../contract.ts";
import { actorProgram, environment, server, service } from "./actor-services.ts";
import { eventually, type Stage } from "./stage.ts";

export function logSection(stage: () => Stage): void {
  describe("logs", () => {
    test("every line of both streams comes with its position, counted from 1 per service", async () => {
      const id = await printed(stage(), 6);
      const lines = (await stage().lines(id, { service: "printer" })).filter((line) => line.stream !== "system");
      expect(lines.map((line) => line.text).sort()).toEqual([1, 2, 3, 4, 5, 6].map((line) => `line ${line}`));
      expect(lines.find((line) => line.text === "line 1")?.stream).toBe("stdout");
      expect(lines.find((line) => line.text === "line 2")?.stream).toBe("stderr");
      const all = await stage().lines(id, { service: "printer" });
      expect(all.map((line) => line.position)).toEqual(all.map((_line, index) => index + 1));
      for (const line of lines) expect(Math.abs(line.at - Date.now())).toBeLessThan(60_000);
    });

    test("reading goes on after a position", async () => {
      const id = await printed(stage(), 6);
      const all = await stage().lines(id, { service: "printer" });
      const after = { printer: all[2]?.position ?? 0 };
      expect(await stage().lines(id, { service: "printer", after })).toEqual(all.slice(3));
    });

    test("one service can be asked for, and all come in order of arrival", async () => {
      const { up, newId, context, lines } = stage();
      const id = newId();
      await up(environment(id, [service("one", actorProgram(context, "print", "3")), service("two", actorProgram(context, "print", "3"))]));
      await eventually(
        () => lines(id),
        (seen) => seen.filter((line) => line.stream !== "system").length === 6,
      );
      const all = await lines(id);
      expect(new Set(all.map((line) => line.service))).toEqual(new Set(["one", "two"]));
      const times = all.map((line) => line.at);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(new Set((await lines(id, { service: "two" })).map((line) => line.service))).toEqual(new Set(["two"]));
    });

    test("following gives lines as they come, and ends when aborted", async () => {
      const { up, newId, context, runtime, act } = stage();
      const id = newId();
      await up(environment(id, [server("api", context, { environment: { SELF_URL: "http://api:8000/called" } })]));
      const abort = new AbortController();
      const followed: OutputLine[] = [];
      const following = (async () => {
        for await (const line of runtime.logs(id, { service: "api", follow: true, signal: abort.signal })) {
          followed.push(line);
          if (line.text === "asked /called") abort.abort();
        }
      })();
      await act(id, "api", ["ask", "SELF_URL"]);
      await following;
      expect(followed.at(-1)?.text).toBe("asked /called");
    });

    test("following ends when the environment does", async () => {
      const id = await printed(stage(), 2);
      const following = stage().lines(id, { follow: true });
      await stage().runtime.stop(id);
      expect((await following).map((line) => line.text)).toContain("line 2");
    });

    test("what a service said before it ended can be read", async () => {
      const { up, newId, context, lines } = stage();
      const id = newId();
      await up(environment(id, [server("api", context), service("done", actorProgram(context, "exit", "0"))]));
      const all = await eventually(
        () => lines(id, { service: "done" }),
        (seen) => seen.some((line) => line.stream === "stdout"),
      );
      expect(all.map((line) => line.text)).toContain("ending with 0");
    });
  });
}

async function printed({ up, newId, context, lines }: Stage, count: number): Promise<string> {
  const id = newId();
  await up(environment(id, [service("printer", actorProgram(context, "print", String(count)))]));
  await eventually(
    () => lines(id),
    (seen) => seen.filter((line) => line.stream !== "system").length === count,
  );
  return id;
}
