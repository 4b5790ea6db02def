import type { ControlGroup } from "./agent/pod-plan.ts";
import type { HostView } from "./host-view.ts";
import type { PodPaths } from "./pod-folder.ts";
import type { Toolbox } from "./toolbox.ts";

/** The pod itself: every kind of namespace, and an agent that is root of nothing but them. */
export interface OuterSandbox {
  readonly paths: PodPaths;
  readonly toolbox: Toolbox;
  readonly host: HostView;
  /** Read-only trees of the host, by the path they have inside. */
  readonly lower: readonly { readonly from: string; readonly path: string }[];
  /** Folders of the guests' user that stay: caches. */
  readonly writable: readonly { readonly from: string; readonly path: string }[];
  readonly groups: readonly ControlGroup[];
}

/** Pure. A capability in a user namespace of one's own reaches nothing outside it. */
export function outerArguments({ paths, toolbox, host, lower, writable, groups }: OuterSandbox): string[] {
  return [
    ...["--unshare-user", "--unshare-net", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"],
    ...["--uid", "0", "--gid", "0", "--cap-add", "ALL", "--die-with-parent", "--hostname", "pod"],
    ...host.shown.flatMap(({ path }) => ["--ro-bind", path, path]),
    ...host.links.flatMap(({ path, to }) => ["--symlink", to, path]),
    ...["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--dir", "/run"],
    ...lower.flatMap(({ from, path }) => ["--ro-bind", from, path]),
    ...writable.flatMap(({ from, path }) => ["--bind", from, path]),
    ...toolbox.shared.flatMap((one, index) => ["--ro-bind", one.from, sharedPlace(index)]),
    ...["--ro-bind", toolbox.node, "/toolbox/node", "--ro-bind", toolbox.agent, "/toolbox/agent"],
    ...["--ro-bind", paths.plan, "/plan", "--ro-bind", paths.sockets, "/sockets", "--bind", paths.guest, "/pod"],
    ...groups.flatMap((group, index) => ["--bind", group.folder, groupPlace(index)]),
    ...["--chdir", "/", "--clearenv", "--setenv", "PATH", "/usr/sbin:/usr/bin:/sbin:/bin"],
    "--",
    ...["/toolbox/node/bin/node", "/toolbox/agent/sandbox/agent/main.js"],
  ];
}

export function sharedPlace(index: number): string {
  return `/toolbox/shared/${index}`;
}

/** Where the agent sees a control group's folder. */
export function groupPlace(index: number): string {
  return `/groups/${index}`;
}
