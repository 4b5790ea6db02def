import { lstat, readlink } from "node:fs/promises";

export interface GuestView {
  /** Of the host, read-only, at the place it has inside. */
  readonly shown: readonly { readonly from: string; readonly path: string }[];
  readonly environment: Readonly<Record<string, string>>;
  readonly tmpBytes: number;
  /** Where a trusted process inside divides further: it alone has this, and no guest. */
  readonly mayDivide: boolean;
}

/** The host's programs and libraries, and how its old names lead to them. */
export async function systemArguments(): Promise<readonly string[]> {
  const names = ["bin", "sbin", "lib", "lib32", "lib64", "libx32"];
  const links = await Promise.all(
    names.map(async (name) => {
      const found = await lstat(`/${name}`).catch(() => undefined);
      if (found === undefined) return [];
      return found.isSymbolicLink() ? ["--symlink", await readlink(`/${name}`), `/${name}`] : ["--ro-bind", `/${name}`, `/${name}`];
    }),
  );
  return ["--ro-bind", "/usr", "/usr", ...links.flat(), "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"];
}

/** Pure: what bwrap is told. `seccomp` is a descriptor with the filter, for whoever gets none from inside. */
export function guestArguments(view: GuestView, { system, seccomp }: { readonly system: readonly string[]; readonly seccomp?: number }) {
  return [
    ...["--unshare-all", "--uid", "1000", "--gid", "1000", "--cap-drop", "ALL", ...(view.mayDivide ? ["--cap-add", "CAP_SYS_ADMIN"] : [])],
    ...["--die-with-parent", "--new-session", "--hostname", "judge"],
    ...(seccomp === undefined ? [] : ["--seccomp", String(seccomp)]),
    ...system,
    ...["--proc", "/proc", "--dev", "/dev", "--size", String(view.tmpBytes), "--tmpfs", "/tmp", "--dir", "/work", "--dir", "/runner"],
    ...view.shown.flatMap(({ from, path }) => ["--ro-bind", from, path]),
    ...["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp", "--clearenv"],
    ...Object.entries({ ...baseEnvironment, ...view.environment }).flatMap(([name, value]) => ["--setenv", name, value]),
    "--",
  ];
}

const baseEnvironment = { PATH: "/usr/bin:/bin", HOME: "/tmp", USER: "learner", LOGNAME: "learner", LANG: "C.UTF-8", TZ: "UTC" };
