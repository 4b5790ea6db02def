import type { LogRecord } from "@dojang/model";
import { describe, expect, it } from "vitest";
import { createLogJoiner } from "./log-joiner.ts";

const id = "4bf92f3577b34da6a3ce929d0e0e4736";

function join(text: string, stream: "stdout" | "stderr" = "stderr"): LogRecord[] {
  const joiner = createLogJoiner({ environment: "e", service: "api" });
  const records = text
    .split("\n")
    .flatMap((line, index) => joiner.push({ service: "api", position: index + 1, at: 1000 + index, stream, text: line }));
  return [...records, ...joiner.flush()];
}

const first = (text: string) => join(text)[0];

describe("lines that are one record", () => {
  const cases: Record<string, string> = {
    "a Node stack with its properties": `Error: boom\n    at work (/app/a.js:1:2)\n    at node:internal/x:3:4 {\n  code: 'EBOOM',\n  [cause]: Error: deep\n      at b (/app/b.js:1:1)\n}`,
    "a Node crash": `/app/server.js:3\n    throw new Error("x");\n    ^\n\nError: x\n    at Object.<anonymous> (/app/server.js:3:9)\n\nNode.js v24.21.0`,
    "a Java exception with its causes": `2026-11-21 03:21:25.582 ERROR 1 --- [main] c.e.App : failed\njava.lang.IllegalStateException: a\n\tat c.e.App.main(App.java:3)\nCaused by: java.lang.Y: b\n\tat c.e.B.f(B.java:9)\n\t... 12 more`,
    "a logged Python traceback with its cause": `ERROR:app:failed\nTraceback (most recent call last):\n  File "a.py", line 1, in f\n    g()\nValueError: a\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File "a.py", line 2, in h\nKeyError: 'b'`,
    "pretty-printed JSON": `{\n  "level": "warn",\n  "list": [\n    1\n  ]\n}`,
    "PostgreSQL's error with its statement": `2026-11-21 03:21:25.582 UTC [73] ERROR:  relation "x" does not exist at character 15\n2026-11-21 03:21:25.582 UTC [73] STATEMENT:  select *\n\tfrom x`,
    "a Go panic": `panic: runtime error: index out of range\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/main.go:5 +0x1d\nexit status 2`,
    "a Rust panic": `thread 'main' panicked at src/main.rs:2:5:\nboom\nnote: run with RUST_BACKTRACE=1`,
  };
  for (const [name, text] of Object.entries(cases)) {
    it(`are joined: ${name}`, () => {
      const before = "ready";
      const after = '{"level":30,"msg":"next"}';
      const records = join(`${before}\n${text}\n${after}`);
      const middle = records.slice(1, -1);
      expect(records[0]?.text).toBe(before);
      expect(records.at(-1)?.text).toBe(after);
      expect(middle.map((record) => record.text).join("\n")).toBe(text);
      expect(middle).toHaveLength(1);
    });
  }

  it("are not joined across streams, requests, or a pause", () => {
    const joiner = createLogJoiner({ environment: "e", service: "api" });
    const push = (text: string, at: number, stream: "stdout" | "stderr" = "stdout") =>
      joiner.push({ service: "api", position: 1, at, stream, text });
    push("a", 0);
    push("b", 1, "stderr");
    expect(push("  more of a", 2)).toEqual([]);
    expect(push("  too late", 5000).map(({ text }) => text)).toEqual(["a\n  more of a"]);
    expect(joiner.due(1500).map(({ text }) => text)).toEqual(["b"]);
    push(`\u0001${id}\u0002one`, 6000);
    expect(push(`\u0001${"ab".repeat(16)}\u0002  two`, 6001)).toMatchObject([{ text: "one", requestId: id }]);
    expect(joiner.flush().map(({ sequence }) => sequence)).toEqual([5]);
  });

  it("never grow past their bounds", () => {
    const records = join(`start\n${"  x\n".repeat(3000)}`);
    expect(records).toHaveLength(4);
    expect(first("y".repeat(1_000_000))?.text.length).toBeLessThan(70_000);
    expect(first("a\0b")?.text).toBe("a\uFFFDb");
  });
});

describe("the level", () => {
  const lines: Record<string, string | undefined> = {
    '{"level":50,"time":1,"msg":"x"}': "error",
    '{"severity":"WARNING","message":"x"}': "warn",
    "2026-11-21 03:21:25.582 UTC [73] LOG:  database system is ready": "info",
    "2026-11-21 03:21:25.582 UTC [73] FATAL:  password authentication failed": "fatal",
    "1:M 21 Nov 2026 03:21:25.582 # WARNING overcommit_memory is set to 0": "warn",
    "1:M 21 Nov 2026 03:21:25.582 * Ready to accept connections tcp": "info",
    "2026/11/21 03:21:25 [error] 7#7: *1 connect() failed (111: Connection refused)": "error",
    '10.0.0.1 - - [21/Nov/2026:03:21:25 +0000] "GET / HTTP/1.1" 200 5 "-" "curl"': undefined,
    "2026-11-21T03:21:25.582Z 0 [Warning] [MY-010068] [Server] CA certificate is self signed.": "warn",
    "[Nest] 42  - 11/21/2026, 3:21:25 AM     LOG [NestFactory] Starting": "info",
    "[2026-11-21 03:21:25,582] ERROR in app: Exception on / [GET]": "error",
    'time=2026-11-21T03:21:25Z level=warn msg="slow"': "warn",
    'INFO:     127.0.0.1:5 - "GET / HTTP/1.1" 200 OK': "info",
    "npm error code ELIFECYCLE": undefined,
    "TypeError: x is not a function": "error",
    "\u001b[32mINFO\u001b[39m ready": "info",
    "listening on 3000": undefined,
  };
  for (const [line, level] of Object.entries(lines)) {
    it(`of ${JSON.stringify(line)} is ${level ?? "not stated"}`, () => expect(first(line)?.level).toBe(level));
  }
});

describe("the request id", () => {
  it("is the stamp's, which is taken off again", () => {
    expect(first(`\u0001${id}\u0002{"level":30,"msg":"hi"}`)).toMatchObject({
      requestId: id,
      text: '{"level":30,"msg":"hi"}',
      level: "info",
    });
  });

  it("is one the application logged, in JSON, logfmt or as traceparent", () => {
    const lines = [
      `{"level":30,"reqId":"req-1","trace_id":"${id}"}`,
      `level=info traceId=${id} msg=x`,
      `{"headers":{"traceparent":"00-${id}-00f067aa0ba902b7-01"}}`,
      `[x-request-id: ${id}] done`,
    ];
    for (const line of lines) expect(first(line)?.requestId).toBe(id);
  });

  it("is nothing else that is long and hexadecimal", () => {
    expect(first(`commit=${id}`)?.requestId).toBeUndefined();
    expect(first(`request_id=${id}ff`)?.requestId).toBeUndefined();
    expect(first(`{"requestId":"req-1"}`)?.requestId).toBeUndefined();
  });
});
