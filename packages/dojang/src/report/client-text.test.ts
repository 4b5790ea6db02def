import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { ansiText } from "./client/ansi-text.ts";
import { curlCommand } from "./client/curl-command.ts";
import { foldStack } from "./client/folded-stack.ts";
import { formatDuration, formatLines, formatPercent, formatSize } from "./client/format.ts";
import { unpackSection } from "./client/unpack-section.ts";
import { packSection } from "./pack-section.ts";

/** The words a real shell makes of the command, without running curl. */
function wordsOf(command: string): string[] {
  const shell = `curl() { printf '%s\\0' "$@"; }; ${command}`;
  return execFileSync("/bin/sh", ["-c", shell]).toString().split("\0").slice(0, -1);
}

describe("the curl command", () => {
  it.each([
    "it's",
    "$(touch /tmp/x) `id` $HOME",
    'a "b" \\ c',
    "line\nline",
    "!history; rm -rf . & | < >",
    "",
    "@/etc/passwd",
    "한글 😀",
    "-x",
  ])("passes %j on as one word", (hostile) => {
    const words = wordsOf(
      curlCommand({
        method: hostile || "GET",
        url: `http://api/${hostile}`,
        headers: [{ name: "x-a", value: hostile }],
        body: `b${hostile}`,
      }),
    );
    expect(words).toEqual([
      "--include",
      "--globoff",
      "--request",
      hostile || "GET",
      "--url",
      `http://api/${hostile}`,
      "--header",
      hostile === "" ? "x-a;" : `x-a: ${hostile}`,
      "--data-raw",
      `b${hostile}`,
    ]);
  });

  it("has no character that ends a terminal's paste early", () => {
    const command = curlCommand({ method: "GET", url: "http://api/\u001b[201~;touch /tmp/x\r", headers: [], body: "a\u009b201~" });
    expect(command).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect(wordsOf(command)).toContain("http://api/[201~;touch /tmp/x");
  });

  it("leaves out what curl sets itself and the recorder's ids", () => {
    const headers = ["Host", "Content-Length", "traceparent", "X-Request-Id", "Connection"].map((name) => ({ name, value: "x" }));
    expect(curlCommand({ method: "GET", url: "http://api/", headers })).toBe("curl --include --globoff \\\n  --url http://api/");
  });
});

describe("terminal output", () => {
  it("keeps colours as classes and loses cursor moves, titles and links", () => {
    expect(
      ansiText(
        "a\u001b[1;31mred\u001b[0m\u001b[2K\u001b]0;title\u0007\u001b]8;;http://evil\u001b\\link\u001b]8;;\u001b\\\u001b[38;5;196mx",
      ),
    ).toEqual([
      { text: "a", classes: [] },
      { text: "red", classes: ["ansi-red", "ansi-bold"] },
      { text: "link", classes: [] },
      { text: "x", classes: [] },
    ]);
  });

  it("shows control characters and turns of direction instead of obeying them", () => {
    expect(ansiText("a\u0000\u0007\u202eb\r\nc").map((part) => part.text)).toEqual(["a␀␇\ufffdb\nc"]);
  });
});

describe("a stack", () => {
  it("folds runs of library frames and keeps one's own", () => {
    const stack =
      "Error: x\n    at own (/app/a.ts:1:1)\n    at lib (/app/node_modules/x/y.js:1:1)\n    at lib2 (node:net:1:1)\n    at own2 (/app/b.ts:2:2)\n    at one (node:fs:1:1)";
    expect(foldStack(stack).map((part) => [part.folded, part.lines.length])).toEqual([
      [false, 2],
      [true, 2],
      [false, 2],
    ]);
  });

  it("a frame of one's own code stays in sight, also when its function has no name", () => {
    const stack =
      "Error: no\n    at btoa (node:buffer:1402:11)\n    at Object.<anonymous> (/app/src/items.ts:41:30)\n    at Array.map (<anonymous>)";

    expect(foldStack(stack).flatMap((part) => (part.folded ? [] : part.lines))).toContain(
      "    at Object.<anonymous> (/app/src/items.ts:41:30)",
    );
  });
});

describe("numbers", () => {
  it("are written so that they compare at a glance", () => {
    expect([0.25, 12.4, 999, 1234, 59_940, 61_000].map(formatDuration)).toEqual([
      "0.25 ms",
      "12 ms",
      "999 ms",
      "1.23 s",
      "59.9 s",
      "1 min 01 s",
    ]);
    expect([formatPercent(9999, 10_000), formatPercent(0, 0)]).toEqual(["99.9 %", "–"]);
    expect([12, 2048, 5_000_000].map(formatSize)).toEqual(["12 B", "2.0 KiB", "4.8 MiB"]);
    expect(formatLines([1, 2, 3, 7, 9, 10])).toBe("1–3, 7, 9–10");
  });
});

describe("a packed section", () => {
  it("comes back as it was", async () => {
    const value = {
      a: ["repeated text", "repeated text", "\u00010", "", "한글 😀", "</script>"],
      b: { c: null, d: 1.5, e: [[true]] },
      "repeated text": "\u0001\u0002",
    };
    const packed = packSection(value);
    expect(packed).toMatch(/^[A-Za-z0-9+/=]+$/);
    expect(await unpackSection(packed)).toEqual(value);
  });
});
