import { posix, relative } from "node:path";
import type { MountSpec, ProgramSpec } from "@dojang/model";
import type { ComposeContext } from "./compose-context.ts";
import { isUnnamed } from "./compose-mounts.ts";

type BuiltProgram = Extract<ProgramSpec, { kind: "build" }>;

interface OwnSource {
  readonly program: BuiltProgram;
  readonly mounts: readonly MountSpec[];
  readonly report: ComposeContext["report"];
}

/**
 * `.:/app` of development brings the source to where a built service has it anyway, and would hide what its build made
 * there. It goes, and with it the unnamed volumes (`/app/node_modules`) that keep the build's folders visible in Docker.
 */
export function withoutOwnSource(name: string, { program, mounts, report }: OwnSource): readonly MountSpec[] {
  const own = mounts.filter((mount) => isOwnSource(mount, program));
  for (const { target } of own) {
    report({
      severity: "note",
      code: "own-source",
      path: ["services", name, "volumes"],
      message: `the folder mounted at ${target} is left out: the service runs from a built copy of the same source`,
      fix: "nothing to do",
    });
  }
  const covered = (target: string) => own.some((mount) => target.startsWith(`${mount.target.replace(/\/+$/, "")}/`));
  return mounts.filter((mount) => !own.includes(mount) && !(mount.kind === "volume" && isUnnamed(mount.volume) && covered(mount.target)));
}

function isOwnSource(mount: MountSpec, { context, recipe }: BuiltProgram): boolean {
  if (mount.kind !== "bind") return false;
  const inContext = relative(context, mount.source);
  const target = posix.normalize(mount.target).replace(/(.)\/+$/, "$1");
  if (inContext.startsWith("..")) return false;
  // `./src:/src` where the built copy of the whole context is at /src: it would hide that copy.
  const covers = recipe.directory === target || recipe.directory.startsWith(`${target}/`);
  return covers || posix.join(recipe.directory, inContext) === target;
}
