import { afterAll, afterEach, describe, expect, test } from "vitest";
import { closeEngines, grade, pythonHead, typeScriptHead } from "../judging/judging.fixture.ts";
import { closeLanes, inPython, stillWorks } from "./attacks.fixture.ts";

afterEach(closeLanes);
afterAll(closeEngines);

/** What submissions try to use up. After each the judge still works. */
describe("a hostile submission", { timeout: 600_000 }, () => {
  test("cannot end the machine with a fork bomb", async () => {
    const bomb = `${pythonHead}import os\ndef test_bomb():\n    while True:\n        try: os.fork()\n        except OSError: pass\n`;
    const judgement = await grade("python", bomb, { limits: { timeMs: 1_500 } });
    expect(["processes", "time", "output"]).toContain(judgement.verdict);
    const node = `${typeScriptHead}import { spawn } from "node:child_process";\ntest("bomb", async () => { for (;;) { try { spawn(process.execPath, ["-e", "setTimeout(() => {}, 1e6)"]).on("error", () => {}); } catch {} await new Promise((r) => setImmediate(r)); } });\n`;
    expect(["processes", "time", "memory"]).toContain((await grade("typescript", node, { limits: { timeMs: 1_500 } })).verdict);
    await stillWorks();
  });

  test("is ended for its memory, in one process", { timeout: 600_000 }, async () => {
    const unhurried = { limits: { timeMs: 40_000 } };
    const hog = `${pythonHead}def test_hog():\n    all = []\n    while True: all.append(bytearray(b"x" * 4194304))\n`;
    expect((await grade("python", hog, unhurried)).verdict).toBe("memory");
    const node = `${typeScriptHead}test("hog", () => { const all = []; for (;;) all.push(Buffer.alloc(4 * 1024 ** 2, 1)); });\n`;
    expect((await grade("typescript", node, unhurried)).verdict).toBe("memory");
    // V8 ends by itself what fills its own heap.
    const heap = `${typeScriptHead}test("hog", () => { const all = []; for (;;) all.push(new Array(1000).fill({})); });\n`;
    expect((await grade("typescript", heap, unhurried)).verdict).toBe("memory");
    // What was said before does not hide V8's last words.
    const talker = heap.replace("const all", 'process.stderr.write("x".repeat(200_000)); const all');
    expect((await grade("typescript", talker, unhurried)).verdict).toBe("memory");
    await stillWorks();
  });

  test("is ended for the memory of eight children together", async () => {
    const hog = `${pythonHead}import os, time
def test_hog():
    for _ in range(8):
        if os.fork() == 0:
            block = bytearray(b"x" * (40 * 1024 * 1024))
            time.sleep(30)
            os._exit(0)
    time.sleep(30)
`;
    const judgement = await grade("python", hog, { limits: { timeMs: 4_000 } });
    // The kernel may take a child and not the one that waits for it: then the time ends it, and never did all of it fit.
    expect(["memory", "time"]).toContain(judgement.verdict);
    await stillWorks();
  });

  test("can fill nothing but a small memory file system, neither with bytes nor with files", async () => {
    const seen = await inPython(`
import os
seen = []
for place in ("/tmp", "/dev/shm"):
    try:
        with open(place + "/big", "wb") as file:
            for _ in range(64): file.write(b"x" * 1048576)
        seen.append(place + " full")
    except OSError as error: seen.append(error.errno)
    os.unlink(place + "/big")
for place in ("/", "/dev", "/usr", "/work", "/runner", "/etc", "/var/tmp", "/run"):
    try: open(place + "/new", "w").close(); seen.append(place)
    except OSError: pass
try:
    for number in range(100000): open("/tmp/f%d" % number, "w").close()
    seen.append("files")
except OSError as error: seen.append(error.errno)
`);
    // EFBIG or ENOSPC, twice; no place that can be written; ENOSPC.
    expect(seen).toMatch(/^\[(27|28), (27|28), 28\]$/);
  });

  test("cannot make a sparse file of a terabyte", async () => {
    expect(
      await inPython(
        "import os\ntry:\n    os.truncate(os.open('/tmp/sparse', os.O_CREAT | os.O_RDWR), 1 << 40); seen = 'made'\nexcept OSError as error: seen = error.errno",
      ),
    ).toBe("27");
  });

  test("is ended at its limit of output", async () => {
    const flood = `${pythonHead}def test_it():\n    while True: print("x" * 1000)\n`;
    expect((await grade("python", flood)).verdict).toBe("output");
    const node = `${typeScriptHead}import { writeSync } from "node:fs";\ntest("x", () => { const text = "x".repeat(1000); for (;;) try { writeSync(1, text); } catch {} });\n`;
    expect((await grade("typescript", node)).verdict).toBe("output");
  });

  test("that kills everything it can reach ends its own run only", async () => {
    const killer = `${pythonHead}import os, signal\ndef test_it():\n    assert double(0) == 0\n    if double(3) != 6: os.kill(os.getppid() or 1, signal.SIGKILL); os.kill(-1, signal.SIGKILL); os.abort()\n`;
    const judgement = await grade("python", killer);
    expect(judgement.verdict).toBe("accepted");
    expect(judgement.runs).toBe(3 + 2 + 3);
  });
});
