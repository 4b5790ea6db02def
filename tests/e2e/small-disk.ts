import { execFile, spawn, spawnSync } from "node:child_process";
import { promisify } from "node:util";

/** Folders that are small disks of their own, for commands that are started `through`: nobody else on the machine sees them mounted. */
export interface SmallDisks {
  /** What starts Node there. */
  readonly through: readonly string[];
  /** Leaves so much of a disk, and takes the rest. */
  fill(folder: string, leaveBytes: number): Promise<void>;
  /** Gives back what `fill` took. */
  clear(folder: string): Promise<void>;
  /** What a program there prints; rejects when it fails. */
  ask(program: string, ...args: readonly string[]): Promise<string>;
  leave(): void;
}

const run = promisify(execFile);

/** Mounts of its own need an administrator. Undefined when it can be tried. */
export function whyNoSmallDisk(): string | undefined {
  const { status, stderr } = spawnSync("unshare", ["--mount", "sh", "-c", "mount -t tmpfs -o size=1m tmpfs /mnt"], { encoding: "utf8" });
  return status === 0 ? undefined : `no small disk can be mounted: ${stderr?.trim() || "there is no unshare"}`;
}

const mountAll = `for one in "$@"; do
  mkdir -p "\${one%=*}" && mount -t tmpfs -o "mode=711,size=\${one##*=}m" tmpfs "\${one%=*}" || exit 1
done; echo there; exec sleep 3600`;

/** Into the mounts of the process `$0`, keeping the working folder, which entering them would lose. */
const follow = 'exec nsenter --mount --wd="$(pwd)" --target "$0" -- "$@"';

/** Folders by their size. All commands share the mounts, which a sleeper holds. */
export async function openSmallDisks(sizesMib: Readonly<Record<string, number>>): Promise<SmallDisks> {
  const disks = Object.entries(sizesMib).map(([folder, size]) => `${folder}=${size}`);
  const holder = spawn("unshare", ["--mount", "--propagation", "private", "sh", "-c", mountAll, "sh", ...disks], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise((resolve, reject) =>
    holder.stdout.once("data", resolve).once("end", () => reject(new Error("the small disks could not be mounted"))),
  );
  const inside = (script: string, ...args: readonly string[]) =>
    run("sh", ["-c", follow, String(holder.pid), "sh", "-c", script, "sh", ...args]);
  // While others write there too it is taken in one piece but for what they may take meanwhile, and then byte by byte until there is none.
  const most = `keep="$2"; [ "$keep" = 0 ] && keep=67108864
    for again in 1 2 3 4 5 6 7 8 9; do
      left=$(df -B1 --output=avail "$1" | tail -1)
      [ "$left" -le "$keep" ] || fallocate -l "$((left - keep))" "$1/.filler" || { sleep 0.2; false; } && break
    done`;
  const take = `${most}; [ "$2" != 0 ] || ! cat /dev/zero >> "$1/.filler"`;
  return {
    through: ["sh", "-c", follow, String(holder.pid), process.execPath],
    fill: async (folder, leaveBytes) => void (await inside(take, folder, String(leaveBytes))),
    ask: async (...words) => (await inside('exec "$@"', ...words)).stdout,
    clear: async (folder) => void (await inside('rm -f "$1/.filler"', folder)),
    leave: () => void holder.kill("SIGKILL"),
  };
}
