import { existsSync, readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findTree, listProcesses } from "../supervision/process-tree.ts";
import { guestOwnership } from "./guest-user.ts";
import { podPaths } from "./pod-folder.ts";
import { findPodProcesses } from "./pod-processes.ts";
import { type SandboxStage, setSandboxStage, strangersEnvironment } from "./sandbox-stage.ts";

/** What strangers' code tries, run as such code would run. Each line of the table of attacks is a sentence here. */
describe("an attack from inside the sandbox", () => {
  let stage: SandboxStage;
  const id = "attacked";
  const mebibyte = 1024 ** 2;

  beforeAll(async () => {
    stage = await setSandboxStage();
    const spec = strangersEnvironment(id, stage);
    await stage.runtime.start(spec, { signal: AbortSignal.timeout(30_000), images: {} });
  });
  afterAll(() => stage.close());

  const node = (code: string, timeoutMs = 20_000) => stage.sh(id, 'node -e "$CODE"', { environment: { CODE: code }, timeoutMs });
  const stillServes = async () => expect((await stage.sh(id, "echo alive")).stdout).toBe("alive\n");

  test("no process of a guest has user 0 of the host, nor any of its capabilities, nor a way to new privileges", async () => {
    let looking: Promise<readonly string[]> | undefined;
    const look = () => {
      looking ??= podStatuses(stage.home, id);
    };
    await stage.sh(id, "echo ready; exec sleep 30", { timeoutMs: 1_500, onOutput: look });
    const statuses = (await looking) ?? [];
    expect(statuses.some((status) => /^Name:\s+(sleep|sh)$/m.test(status))).toBe(true);
    for (const status of statuses) {
      const uids = /^Uid:\s+(.*)$/m.exec(status)?.[1]?.split("\t");
      expect(uids, status).toEqual(Array(4).fill(String(guestOwnership()?.uid ?? process.getuid?.())));
    }
    expect((await stage.sh(id, "grep -E 'Cap(Prm|Eff|Bnd|Amb)|NoNewPrivs|Seccomp:' /proc/self/status")).stdout).toBe(
      "CapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nCapAmb:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\n",
    );
  });

  test("a fork bomb is stopped by the number of processes, and the environment goes on", async () => {
    const bomb = await stage.sh(id, "bomb() { bomb | bomb & }; bomb; sleep 1; echo over", { timeoutMs: 5_000 });
    expect(bomb.stderr).toMatch(/fork|resource|Resource/i);
    expect((await podStatuses(stage.home, id)).length).toBeLessThan(150);
    await stillServes();
  });

  test("memory taken by eight children together is limited as by one", async () => {
    const hog = "const all = []; for (;;) all.push(Buffer.alloc(8 * 1024 ** 2, 1));";
    const result = await stage.sh(id, 'for one in 1 2 3 4 5 6 7 8; do node -e "$HOG" & done; wait; echo over', {
      environment: { HOG: hog },
    });
    expect(result.timedOut).toBe(false);
    expect(result.durationMs).toBeLessThan(20_000);
    // Of the agent and its guests the kernel chooses a guest.
    expect(Number((await stage.sh(id, "cat /proc/self/oom_score_adj")).stdout)).toBeGreaterThanOrEqual(500);
    await stillServes();
  });

  test("a file system cannot be filled beyond the limit, wherever it is written to", async () => {
    for (const place of ["/work", "/tmp", "/var/lib", "/dev/shm", "/run", "$HOME"]) {
      const full = await stage.sh(id, `dd if=/dev/zero of=${place}/big bs=1M count=200; code=$?; rm -f ${place}/big; exit $code`);
      expect(full.exitCode, `${place}: ${full.stderr}`).not.toBe(0);
    }
    for (const place of ["/", "/dev", "/etc", "/usr", "/opt"])
      expect((await stage.sh(id, `echo x > ${place}/new`)).exitCode, place).not.toBe(0);
  });

  test("inodes run out for the guest alone", async () => {
    const made = await node(
      "let n = 0; try { for (; n < 200000; n++) require('fs').writeFileSync('/tmp/i' + n, '') } catch (e) { console.log(e.code) }; console.log(n)",
    );
    expect(made.stdout).toContain("ENOSPC");
    expect((await stage.sh(id, "find /tmp -name 'i*' -delete")).exitCode).toBe(0);
  });

  test("a sparse file of a terabyte is refused", async () => {
    expect((await stage.sh(id, "truncate -s 1T /work/sparse")).exitCode).not.toBe(0);
  });

  test("the host's loopback and abstract sockets are out of reach, and so is everything outside", async () => {
    const listeners = await Promise.all([listen({ host: "127.0.0.1", port: 0 }), listen({ path: "\0dojang-attack-test" })]);
    try {
      const address = listeners[0].address();
      const port = typeof address === "object" && address ? address.port : 0;
      const dial = (target: string) =>
        node(
          `require('net').connect(${target}).on('connect', () => { console.log('reached'); process.exit() }).on('error', (e) => console.log(e.code))`,
          5_000,
        );
      expect((await dial(`{ host: '127.0.0.1', port: ${port} }`)).stdout).toBe("ECONNREFUSED\n");
      expect((await dial("{ path: '\\0dojang-attack-test' }")).stdout).toBe("ECONNREFUSED\n");
      expect((await dial("{ host: '203.0.113.7', port: 80 }")).stdout).toBe("ENETUNREACH\n");
      expect((await dial("{ host: '169.254.169.254', port: 80 }")).stdout).toBe("ENETUNREACH\n");
      expect((await stage.sh(id, "cat /proc/net/route | wc -l")).stdout.trim()).toBe("2");
    } finally {
      for (const listener of listeners) listener.close();
    }
  });

  test("/proc shows neither the host's processes nor secrets, and its switches cannot be written", async () => {
    process.env.DOJANG_ATTACK_SECRET = "not-for-guests";
    const seen = await stage.sh(
      id,
      "cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n'; ls /proc | grep -c '^[0-9]'",
    );
    expect(seen.stdout).not.toContain("not-for-guests");
    expect(Number(seen.stdout.trim().split("\n").at(-1))).toBeLessThan(12);
    for (const path of ["/proc/sys/kernel/core_pattern", "/proc/sys/vm/drop_caches", "/proc/sysrq-trigger", "/proc/1/oom_score_adj"]) {
      const before = existsSync(path) && path.includes("core_pattern") ? await readFile(path, "utf8") : "";
      expect((await stage.sh(id, `echo '-1000' > ${path}`)).exitCode, path).not.toBe(0);
      if (before !== "") expect(await readFile(path, "utf8")).toBe(before);
    }
    expect((await stage.sh(id, "cat /etc/shadow /root/.npmrc /proc/kcore /proc/1/root/etc/shadow")).stdout).toBe("");
  });

  test("a surviving daemon does not survive: it ends with the command that started it", async () => {
    const started = await stage.sh(id, "setsid sh -c 'sleep 300 & sleep 301' >/dev/null 2>&1 & echo started");
    expect(started.stdout).toBe("started\n");
    expect((await stage.sh(id, "ps -ef | grep -c '[s]leep 30'")).stdout).toBe("0\n");
    expect((await listProcesses()).filter((one) => commandLine(one.pid).startsWith("sleep\x181"))).toEqual([]);
  });

  test("new namespaces, mounts, other roots, tracing, keys and io_uring are refused", async () => {
    const calls: [string, string][] = [
      ["unshare(CLONE_NEWUSER)", "272, 0x10000000"],
      ["ptrace(PTRACE_TRACEME)", "101, 0, 0, 0, 0"],
      ["mount", "165, 0, 0, 0, 0, 0"],
      ["io_uring_setup", "425, 1, 0"],
      ["keyctl", "250, 0, 0"],
      ["bpf", "321, 0, 0, 0"],
      ["userfaultfd", "323, 0"],
      ["setns", "308, 0, 0"],
      ["process_vm_readv", "310, 1, 0, 0, 0, 0, 0"],
      ["clone(CLONE_NEWUSER)", "56, 0x10000011, 0, 0, 0, 0"],
    ];
    if (process.arch !== "x64") return;
    for (const [name, words] of calls) {
      const code = `import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nr = libc.syscall(${words})\nprint(r, ctypes.get_errno())`;
      const result = await stage.sh(id, '/usr/bin/python3 -c "$CODE"', { environment: { CODE: code } });
      expect(result.stdout.trim(), name).toBe("-1 1");
    }
    expect((await stage.sh(id, "unshare -Ur true")).exitCode).not.toBe(0);
    expect((await stage.sh(id, "bwrap --ro-bind / / true")).exitCode).not.toBe(0);
  });

  test("Node and threads work in spite of the filter", async () => {
    const code = "new (require('worker_threads').Worker)('process.stdout.write(String(6 * 7))', { eval: true })";
    expect((await node(code)).stdout).toBe("42");
  });

  test("endless output ends the command at its limit", async () => {
    const flood = await stage.sh(id, "yes", { outputLimitBytes: mebibyte });
    expect(flood.truncated).toBe(true);
    expect(flood.stdout.length).toBe(mebibyte);
    expect(flood.durationMs).toBeLessThan(10_000);
  });

  test("links, pipes and sockets left behind lead the control plane nowhere", async () => {
    const trap =
      "rm -rf /work/* && ln -s /etc/shadow /work/report.xml && mkfifo /work/pipe && ln -s / /work/root && mkdir -p /work/deep && chmod 000 /work/deep";
    expect((await stage.sh(id, trap)).exitCode).toBe(0);
    const read = await stage.sh(id, "cat /work/report.xml");
    expect(read.exitCode).not.toBe(0);
    expect(read.stdout).toBe("");
    expect((await stage.sh(id, "timeout 1 cat /work/pipe")).exitCode).toBe(124);
    // The host's copy is as it was: nothing of it can be written through.
    expect(await readdir(stage.workspace)).toEqual([]);
  });

  test("the agent, its socket and its folders are not to be found", async () => {
    const found = await stage.sh(
      id,
      "ls -d /pod /plan /sockets /toolbox /groups /sys/fs/cgroup 2>/dev/null; find / -xdev -name 'control.sock' 2>/dev/null",
    );
    expect(found.stdout).toBe("");
  });

  test("stopping takes away what the guest made unreadable", async () => {
    const spec = { ...strangersEnvironment("stubborn", stage), limits: {} };
    await stage.runtime.start(spec, { signal: AbortSignal.timeout(30_000), images: {} });
    await stage.sh("stubborn", "mkdir -p /work/a/b && echo x > /work/a/b/c && chmod 000 /work/a/b /work/a");
    await stage.runtime.stop("stubborn");
    expect((await stage.runtime.list()).map((one) => one.id)).not.toContain("stubborn");
  });
});

/** What the host says of every process of an environment, from its launcher to the guests'. */
async function podStatuses(home: string, id: string): Promise<readonly string[]> {
  const roots = await findPodProcesses(podPaths(home, id).guest);
  const tree = await findTree({ roots });
  return tree.map((one) => readQuietly(`/proc/${one.pid}/status`)).filter((status) => status !== "");
}

function readQuietly(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function commandLine(pid: number): string {
  return readQuietly(`/proc/${pid}/cmdline`);
}

function listen(where: { host?: string; port?: number; path?: string }): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve) => server.listen(where, () => resolve(server)));
}
