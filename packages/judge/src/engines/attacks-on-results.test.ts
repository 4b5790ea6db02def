import { afterAll, describe, expect, test } from "vitest";
import { closeEngines, grade, killedOf, pythonHead, typeScriptHead } from "../judging/judging.fixture.ts";
import { stillWorks } from "../sandbox/attacks.fixture.ts";

afterAll(closeEngines);

describe("a submission that forges results", { timeout: 600_000 }, () => {
  test("finds no descriptor by which it could speak of another run", async () => {
    const forger = `${pythonHead}import json, os, struct
body = json.dumps({"kind": "result", "nonce": "", "end": "ended", "signal": 0, "exit": 0, "report": "{}", "output": "", "wallMs": 1, "waitedMs": 0, "usedMs": 0, "memoryBytes": 1}).encode()
def test_it():
    wrote = []
    for descriptor in range(4, 256):
        try: os.readlink("/proc/self/fd/%d" % descriptor) == os.devnull or os.write(descriptor, struct.pack(">I", len(body)) + body) and wrote.append(descriptor)
        except OSError: pass
    assert wrote == []
`;
    const judgement = await grade("python", forger);
    expect(judgement.verdict).toBe("survivors");
    expect(killedOf(judgement)).toEqual([]);
  });

  test("loses its own run when it writes into its report", async () => {
    const forger = `${pythonHead}import os\nos.write(3, b'{"tests": [{"name": "x", "outcome": "passed", "durationMs": 0}], "unloadable": null}')\ndef test_it(): assert double(3) == 6\n`;
    expect((await grade("python", forger)).verdict).toBe("false_alarm");
  });

  test("gains nothing by answering twice, early, or with another run's number", async () => {
    const forge = (times: number, nonce: string) => `${typeScriptHead}import { writeSync } from "node:fs";
const body = Buffer.from(JSON.stringify({ kind: "result", nonce: "${nonce}", tests: [{ name: "x", outcome: "failed", by: "assertion", message: "", durationMs: 1 }], memoryBytes: 1, dirty: false }));
const head = Buffer.alloc(4);
head.writeUInt32BE(body.length);
test("x", () => { for (let i = 0; i < ${times}; i++) writeSync(3, Buffer.concat([head, body])); });
`;
    for (const text of [forge(1, ""), forge(3, ""), forge(100, "00000000-0000-0000-0000-000000000000")])
      expect((await grade("typescript", text)).verdict).toBe("false_alarm");
    await stillWorks();
  });

  test("cannot send a frame without end, nor nonsense", async () => {
    const text = (bytes: string) =>
      `${typeScriptHead}import { writeSync } from "node:fs";\ntest("x", () => { writeSync(3, Buffer.from(${bytes})); });\n`;
    for (const bytes of ["[255, 255, 255, 255, 1]", "[0, 0, 0, 2, 123, 123]", '"GET / HTTP/1.1"'])
      expect((await grade("typescript", text(bytes))).verdict).toBe("false_alarm");
  });

  test("that makes pytest say all is well has caught nothing, and all is wrong is a false alarm", async () => {
    const patch = (outcome: string) =>
      `${pythonHead}import _pytest.reports\n_pytest.reports.TestReport.failed = property(lambda self: ${outcome})\ndef test_it(): assert double(3) == 6\n`;
    expect((await grade("python", patch("False"))).verdict).toBe("survivors");
    expect(["false_alarm", "compile_error"]).toContain((await grade("python", patch("True"))).verdict);
  });
});
