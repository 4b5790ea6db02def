import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/**
 * For tests: a copy of this very system that is gone afterwards. Everything written goes into memory, over the real files; mounts live
 * in a namespace that ends with its holder, so nothing is left when a test is killed. The network is this machine's; the kernel's
 * settings cannot be written.
 */
export interface ThrowawaySystem extends AsyncDisposable {
  readonly root: string;
  /** Words before a command that is to run inside. */
  readonly prefix: readonly string[];
}

const setUp = `set -e
mount --make-rprivate /
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
cd "$1/root"
mount -t proc proc proc
mount -o bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -o bind /dev dev
mount -t devpts devpts dev/pts
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
chmod 1777 tmp
rm -f etc/resolv.conf && cp "$2" etc/resolv.conf
hostname throwaway
echo ready
exec sleep infinity`;

/** Undefined with the reason where this cannot be made: not root, no namespaces, another system. */
export async function openThrowawaySystem(): Promise<ThrowawaySystem | { readonly reason: string }> {
  const release = await readFile("/etc/os-release", "utf8").catch(() => "");
  if (!/^(VERSION_ID="?12"?|VERSION_ID="?24\.04"?)$/m.test(release)) return { reason: "only made of Debian 12 or Ubuntu 24.04" };
  if (process.getuid?.() !== 0) return { reason: "only root can make a throwaway system" };
  const base = await mkdtemp(join(tmpdir(), "dojang-system-"));
  const names = `${base}-resolv.conf`;
  await cp("/etc/resolv.conf", names, { dereference: true });
  const holder = spawn("unshare", ["--mount", "--uts", "--pid", "--fork", "--kill-child", "sh", "-c", setUp, "sh", base, names], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said: string[] = [];
  holder.stderr.setEncoding("utf8").on("data", (text: string) => said.push(text));
  const [line] = await Promise.race([
    once(createInterface({ input: holder.stdout }), "line"),
    once(holder, "exit").then(() => [undefined]),
  ]);
  const clean = async () => {
    await ended(holder);
    await rm(names, { force: true });
    await rm(base, { recursive: true, force: true });
  };
  if (line !== "ready") {
    await clean();
    return { reason: `no throwaway system can be made here: ${said.join("").trim().slice(-300)}` };
  }
  const inner = (await readFile(`/proc/${holder.pid}/task/${holder.pid}/children`, "utf8")).trim();
  const root = join(base, "root");
  return {
    root,
    prefix: ["nsenter", "-t", inner, "-m", "-u", "-p", "--", "chroot", root],
    [Symbol.asyncDispose]: clean,
  };
}

async function ended(holder: ChildProcess): Promise<void> {
  if (holder.exitCode !== null || holder.signalCode !== null) return;
  const exited = once(holder, "exit");
  holder.kill("SIGKILL");
  await exited;
}
