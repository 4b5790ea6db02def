import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import type { JudgeLimits, ProgramFiles, RunOutcome } from "../contract.ts";
import type { Lane } from "../engines/engine.ts";
import {
  closeEngines,
  engineOf,
  goodTests,
  grade,
  killedOf,
  pythonHead,
  smallExercise,
  smallLimits,
  typeScriptHead,
} from "../judging/judging.fixture.ts";

afterAll(closeEngines);

/** What hostile submissions try. Each line of the table of attacks is a sentence here; after each the judge still works. */
const lanes: Lane[] = [];

afterEach(async () => {
  for (const lane of lanes.splice(0)) await lane.close();
});

async function openLane(
  lang: "python" | "typescript",
  text: string,
  { strict = false, ...limits }: Partial<JudgeLimits> & { strict?: boolean } = {},
): Promise<Lane> {
  const engine = await engineOf(lang);
  const lane = await engine.open({
    tests: { name: "tests", text },
    limits: { ...smallLimits, ...limits },
    signal: AbortSignal.timeout(50_000),
    strict,
  });
  if ("unreadable" in lane) throw new Error(lane.unreadable.message);
  lanes.push(lane);
  return lane;
}

const reference: ProgramFiles = smallExercise("python").reference;

/** Runs the lines in a Python test and gives what they leave in `seen`. */
async function inPython(lines: string, limits: Partial<JudgeLimits> = {}): Promise<string> {
  const lane = await openLane(
    "python",
    `def test_it():\n    seen = None\n${lines.trim().replaceAll(/^/gm, "    ")}\n    raise AssertionError("SEEN" + str(seen))\n`,
    limits,
  );
  return seenIn(await lane.run(reference));
}

function seenIn(outcome: RunOutcome): string {
  const message = outcome.tests[0]?.message ?? "";
  if (!message.startsWith("SEEN") && !message.includes("SEEN")) throw new Error(`the guest said nothing: ${JSON.stringify(outcome)}`);
  return message.slice(message.indexOf("SEEN") + 4);
}

const stillWorks = async () => expect((await grade("python", goodTests.python)).verdict).toBe("accepted");

describe("a hostile submission", () => {
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

  test("cannot end the machine with a fork bomb", async () => {
    const bomb = `${pythonHead}import os\ndef test_bomb():\n    while True:\n        try: os.fork()\n        except OSError: pass\n`;
    const judgement = await grade("python", bomb, { limits: { timeMs: 1_500 } });
    expect(["processes", "time", "output"]).toContain(judgement.verdict);
    const node = `${typeScriptHead}import { spawn } from "node:child_process";\ntest("bomb", async () => { for (;;) { try { spawn(process.execPath, ["-e", "setTimeout(() => {}, 1e6)"]).on("error", () => {}); } catch {} await new Promise((r) => setImmediate(r)); } });\n`;
    expect(["processes", "time", "memory"]).toContain((await grade("typescript", node, { limits: { timeMs: 1_500 } })).verdict);
    await stillWorks();
  });

  test("is ended for its memory, in one process", async () => {
    const hog = `${pythonHead}def test_hog():\n    all = []\n    while True: all.append(bytearray(b"x" * 4194304))\n`;
    expect((await grade("python", hog)).verdict).toBe("memory");
    const node = `${typeScriptHead}test("hog", () => { const all = []; for (;;) all.push(Buffer.alloc(4 * 1024 ** 2, 1)); });\n`;
    expect((await grade("typescript", node)).verdict).toBe("memory");
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

  test("is ended at its limit of output", async () => {
    const flood = `${pythonHead}def test_it():\n    while True: print("x" * 1000)\n`;
    expect((await grade("python", flood)).verdict).toBe("output");
    const node = `${typeScriptHead}import { writeSync } from "node:fs";\ntest("x", () => { const text = "x".repeat(1000); for (;;) try { writeSync(1, text); } catch {} });\n`;
    expect((await grade("typescript", node)).verdict).toBe("output");
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

  test("that kills everything it can reach ends its own run only", async () => {
    const killer = `${pythonHead}import os, signal\ndef test_it():\n    assert double(0) == 0\n    if double(3) != 6: os.kill(os.getppid() or 1, signal.SIGKILL); os.kill(-1, signal.SIGKILL); os.abort()\n`;
    const judgement = await grade("python", killer);
    expect(judgement.verdict).toBe("accepted");
    expect(judgement.runs).toBe(3 + 2 + 3 + 1);
  });
});

describe("a submission that forges results", () => {
  test("finds no descriptor by which it could speak of another run", async () => {
    const forger = `${pythonHead}import json, os, struct
body = json.dumps({"kind": "result", "nonce": "", "end": "ended", "signal": 0, "exit": 0, "report": "{}", "output": "", "wallMs": 1, "memoryBytes": 1}).encode()
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

describe("what a run leaves", () => {
  test("in memory, in files, in IPC objects or as a process is gone in the next run of Python", async () => {
    const counting = `
import builtins, ctypes, os, socket, sys
def test_it():
    found = []
    if hasattr(builtins, "mark") or "mark" in sys.modules or "DOJANG_MARK" in os.environ: found.append("memory")
    builtins.mark = 1; os.environ["DOJANG_MARK"] = "1"; sys.modules["mark"] = sys
    for folder in ("/tmp", "/dev/shm"):
        if os.listdir(folder): found.append(folder)
        open(folder + "/mark", "w").close()
    libc = ctypes.CDLL(None)
    if libc.shmget(4711, 4096, 0) != -1: found.append("ipc")
    libc.shmget(4711, 4096, 0o1666)
    if os.getpid() != 1 or len([n for n in os.listdir("/proc") if n.isdigit()]) != 1: found.append("pids")
    one = socket.socket(socket.AF_UNIX)
    try: one.connect("\\0mark"); found.append("process")
    except OSError: pass
    if os.fork() == 0:
        server = socket.socket(socket.AF_UNIX); server.bind("\\0mark"); server.listen(); os.setsid()
        import time; time.sleep(100)
    raise AssertionError("SEEN" + str(found))
`;
    const lane = await openLane("python", counting);
    for (let run = 0; run < 3; run++) expect(seenIn(await lane.run(reference))).toBe("[]");
  });

  test("is gone when TypeScript is run strictly, a process for each run", async () => {
    const text = `import { readdirSync, writeFileSync } from "node:fs";\nimport { test } from "node:test";\ntest("x", () => { const seen = [globalThis.mark, ...readdirSync("/tmp")]; globalThis.mark = 1; writeFileSync("/tmp/mark", ""); throw new Error("SEEN" + JSON.stringify(seen)); });\n`;
    const lane = await openLane("typescript", text, { strict: true });
    for (let run = 0; run < 3; run++) expect(seenIn(await lane.run(smallExercise("typescript").reference))).toBe("[null]");
  });

  test("does not decide a verdict: who fails on what looks unlike the programs seen before catches nothing", async () => {
    const text = `${typeScriptHead}
test("x", () => {
  globalThis.seen ??= [];
  const text = String(double);
  const known = globalThis.seen.length === 0 || globalThis.seen.includes(text) || text.includes("+ x") || text.includes("sum");
  globalThis.seen.push(text);
  assert.ok(known);
});
`;
    for (const seed of [1, 2, 3, 4, 5]) expect((await grade("typescript", text, { seed })).verdict).not.toBe("accepted");
  });

  test("does not decide a verdict: who fails from the second run of a process on catches nothing", async () => {
    const text = `${typeScriptHead}\ntest("x", () => { globalThis.runs = (globalThis.runs ?? 0) + 1; assert.equal(globalThis.runs, 1); });\n`;
    const judgement = await grade("typescript", text);
    expect(judgement.verdict).toBe("survivors");
    expect(killedOf(judgement)).toEqual([]);
  });
});

/** Looks for the letter behind a text in all memory that it may read; the text is in two parts, so as not to find itself. */
const scanning = (start: string, rest: string) => {
  const end = start.length + rest.length;
  return `
def test_it():
    wanted = ("${start}" + "${rest}").encode()
    found = set()
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
        for line in maps:
            where, access = line.split()[:2]
            if not access.startswith("rw"): continue
            start, end = (int(part, 16) for part in where.split("-"))
            try: memory.seek(start); data = memory.read(end - start)
            except (OSError, OverflowError, ValueError): continue
            at = data.find(wanted)
            while at >= 0:
                found.add(data[at + ${end}:at + ${end + 1}]); at = data.find(wanted, at + 1)
    raise AssertionError("SEEN" + str(sorted(one for one in found if one.isalpha())))
`;
};

describe("a submission that looks for the programs instead of testing them", () => {
  test("sees one program under the same name every time, and no id", async () => {
    const looking = `
import os
def test_it():
    found = []
    for top in ("/work", "/tmp", "/runner", "/dev/shm"):
        for folder, _, names in os.walk(top): found += [folder + "/" + name for name in names]
    raise AssertionError("SEEN" + str(sorted(found)) + str(sorted(os.environ)))
`;
    const lane = await openLane("python", looking);
    const seen = new Set<string>();
    const { variants, decoys } = smallExercise("python");
    for (const { files } of [...variants, ...decoys]) seen.add(seenIn(await lane.run(files)));
    expect([...seen]).toHaveLength(1);
    expect([...seen][0]).toContain("['/work/solution.py', '/work/test_submission.py']");
  });

  test("finds nothing of the submission before in its memory", async () => {
    const first = await openLane("python", `# EARLIER-${"x".repeat(5_000)}\n${scanning("EARL", "IER-")}`);
    expect(seenIn(await first.run(reference))).toBe("[b'x']");
    await first.close();
    const second = await openLane("python", scanning("EARL", "IER-"));
    expect(seenIn(await second.run(reference))).toBe("[]");
  });

  test("finds no other program in its memory", async () => {
    const lane = await openLane("python", scanning("MARK", "ED-"));
    for (const letter of ["A", "B", "C"]) {
      const files = { "solution.py": `# MARKED-${letter} ${"x".repeat(5_000)}\ndef double(x): return x * 2\n` };
      expect(seenIn(await lane.run(files))).toBe(`[b'${letter}']`);
    }
  });

  test("by the bytecode or the text of the reference fails on a decoy", async () => {
    const code = `${pythonHead}import hashlib\ndef test_it(): assert double.__code__.co_code == (lambda x: x * 2).__code__.co_code\n`;
    expect((await grade("python", code)).verdict).toBe("false_alarm");
    const text = `${typeScriptHead}\ntest("x", () => assert.match(String(double), /return x \\* 2;/));\n`;
    expect((await grade("typescript", text)).verdict).toBe("false_alarm");
  });

  test("may not import from anywhere else", async () => {
    const text = 'import { test } from "node:test";\nimport "../../etc/passwd";\ntest("x", () => {});\n';
    expect((await grade("typescript", text)).verdict).toBe("compile_error");
    expect((await grade("typescript", text.replace("../../etc/passwd", "left-pad"))).verdict).toBe("compile_error");
  });
});

/** Of every bwrap of this machine that is the judge's. */
function guestUsers(): readonly number[] {
  return statuses()
    .filter((status) => /^Name:\s+(bwrap|python3)/m.test(status))
    .map((status) => Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]))
    .filter((uid) => uid !== 0 || process.getuid?.() !== 0);
}

const pids = () => readdirSync("/proc").filter((name) => /^\d+$/.test(name));
const statuses = () => pids().map((pid) => readQuietly(`/proc/${pid}/status`));
const commandLines = () => pids().map((pid) => readQuietly(`/proc/${pid}/cmdline`));

function readQuietly(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function listen(where: { host?: string; port?: number; path?: string }): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve) => server.listen(where, () => resolve(server)));
}
