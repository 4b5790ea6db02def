import { afterAll, afterEach, describe, expect, test } from "vitest";
import { closeEngines, grade, killedOf, pythonHead, smallExercise, typeScriptHead } from "../judging/judging.fixture.ts";
import { closeLanes, openLane, reference, seenIn } from "../sandbox/attacks.fixture.ts";

afterEach(closeLanes);
afterAll(closeEngines);

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

describe("what a run leaves", { timeout: 600_000 }, () => {
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

  test("is gone with its sandbox when Python is run strictly, and otherwise with its namespaces", async () => {
    const text = 'import os\ndef test_it(): raise AssertionError("SEEN%d" % os.stat("/").st_ctime_ns)\n';
    const sandboxes = async (strict: boolean) => {
      const lane = await openLane("python", text, { strict });
      const seen = new Set<string>();
      for (let run = 0; run < 3; run++) seen.add(seenIn(await lane.run(reference)));
      return seen.size;
    };
    expect(await sandboxes(true)).toBe(3);
    expect(await sandboxes(false)).toBe(1);
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

describe("a submission that looks for the programs instead of testing them", { timeout: 600_000 }, () => {
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
