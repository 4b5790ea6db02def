import { afterAll, afterEach, describe, expect, test } from "vitest";
import { closeEngines, grade, pythonHead, smallExercise, typeScriptHead } from "../judging/judging.fixture.ts";
import { closeLanes, commandLines, guestUsers, inPython, listen, openLane, reference, seenIn } from "./attacks.fixture.ts";

afterEach(closeLanes);
afterAll(closeEngines);

/** What submissions try to reach. */
describe("a hostile submission", { timeout: 600_000 }, () => {
  test("is no user of the host that anything else runs as, and has no capabilities, new privileges or unfiltered calls", async () => {
    const lane = await openLane("python", "import time\ndef test_it():\n    time.sleep(1.5)\n");
    const running = lane.run(reference);
    const guests: number[] = [];
    await expect.poll(() => guests.push(...guestUsers()) > 3, { timeout: 10_000 }).toBe(true);
    await running;
    for (const uid of guests) expect(uid).toBeGreaterThan(1_000);
    const status = await inPython(
      "import re\nseen = re.findall('(?:CapPrm|CapEff|CapAmb|CapInh|NoNewPrivs|Seccomp):\\s+(\\w+)', open('/proc/self/status').read())",
    );
    expect(status).toBe("['0000000000000000', '0000000000000000', '0000000000000000', '0000000000000000', '1', '2']");
    const node = await openLane(
      "typescript",
      'import { readFileSync } from "node:fs";\nimport { test } from "node:test";\ntest("x", () => { throw new Error("SEEN" + readFileSync("/proc/self/status", "utf8").match(/(CapPrm|CapEff|CapBnd|NoNewPrivs|Seccomp):\\s+(\\w+)/g)); });\n',
    );
    expect(seenIn(await node.run(smallExercise("typescript").reference)).replaceAll(/\s+/g, "")).toBe(
      "CapPrm:0000000000000000,CapEff:0000000000000000,CapBnd:0000000000000000,NoNewPrivs:1,Seccomp:2",
    );
  });

  test("reaches no network, neither of the host nor outside, and no abstract socket", async () => {
    const listeners = await Promise.all([listen({ host: "127.0.0.1", port: 0 }), listen({ path: "\0dojang-judge-attack" })]);
    try {
      const address = listeners[0].address();
      const port = typeof address === "object" && address ? address.port : 0;
      const seen = await inPython(`
import socket, errno
seen = []
for target in (("127.0.0.1", ${port}), ("203.0.113.7", 80), ("169.254.169.254", 80)):
    try: socket.create_connection(target, 2); seen.append("reached")
    except OSError as error: seen.append(errno.errorcode.get(error.errno, str(error)))
one = socket.socket(socket.AF_UNIX)
try: one.connect("\\0dojang-judge-attack"); seen.append("reached")
except OSError as error: seen.append(errno.errorcode[error.errno])
`);
      expect(seen).toBe("['ECONNREFUSED', 'ENETUNREACH', 'ENETUNREACH', 'ECONNREFUSED']");
    } finally {
      for (const listener of listeners) listener.close();
    }
  });

  test("finds no secret of the host, and no process but its own", async () => {
    process.env.DOJANG_JUDGE_SECRET = "not-for-guests";
    const seen = await inPython(`
import os, glob
found = []
for path in glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline") + ["/etc/shadow", "/etc/passwd", "/root/.npmrc", "/proc/1/root/etc/shadow", "/proc/kcore"]:
    try: found.append(open(path, "rb").read(100000))
    except OSError: pass
seen = [any(b"not-for-" + b"guests" in one for one in found), [name for name in os.listdir("/proc") if name.isdigit()], os.path.exists("/etc/shadow"), os.path.exists("/home"), os.path.exists("/work/main")]
`);
    expect(seen).toBe("[False, ['1'], False, False, False]");
    const switches = await inPython(
      "seen = []\nfor path in ('/proc/sys/kernel/core_pattern', '/proc/sysrq-trigger', '/proc/sys/vm/drop_caches'):\n    try: open(path, 'w').write('x'); seen.append(path)\n    except OSError: pass",
    );
    expect(switches).toBe("[]");
  });

  test("gets no new namespaces, mounts, tracing, keys or io_uring", async () => {
    if (process.arch !== "x64") return;
    const calls =
      "(272, 0x10000000), (272, 0x20000), (101, 0, 0, 0, 0), (165, 0, 0, 0, 0, 0), (166, 0, 0), (425, 1, 0), (250, 0, 0), (321, 0, 0, 0), (323, 0), (308, 0, 0), (310, 1, 0, 0, 0, 0, 0), (56, 0x10000011, 0, 0, 0, 0)";
    const seen = await inPython(
      `import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nseen = set()\nfor call in (${calls}):\n    seen.add((libc.syscall(*call), ctypes.get_errno()))`,
    );
    expect(seen).toBe("{(-1, 1)}");
  });

  test("leaves no daemon behind", async () => {
    const daemon = `${pythonHead}import subprocess\ndef test_it():\n    subprocess.Popen(["setsid", "sleep", "31557"])\n    subprocess.Popen(["setsid", "sleep", "31557"], start_new_session=True)\n`;
    await grade("python", daemon);
    const node = `${typeScriptHead}import { spawn } from "node:child_process";\ntest("x", () => { spawn("setsid", ["sleep", "31557"], { detached: true, stdio: "ignore" }).unref(); });\n`;
    await grade("typescript", node);
    expect(commandLines().filter((line) => line.includes("31557"))).toEqual([]);
  });

  test("cannot lead the judge anywhere by links, pipes and names: it reads no path of the guest", async () => {
    const trap = `${pythonHead}import os
def test_it():
    os.symlink("/etc/shadow", "/tmp/report.xml"); os.mkfifo("/tmp/pipe"); os.symlink("/", "/tmp/root")
    os.mkdir("/tmp/deep"); os.chmod("/tmp/deep", 0)
    assert double(3) == 6
    assert double(0) == 0
`;
    expect((await grade("python", trap)).verdict).toBe("accepted");
  });
});
