import { resolve } from "node:path";
import type { ComposeService } from "@dojang/model";
import type { ComposeContext } from "./compose-context.ts";
import type { KeyPath } from "./key-path.ts";

/** Where a service's source lies: dojang.yml's `context`, else the build's, else the project's folder. */
export function sourceFolder(name: string, service: ComposeService, context: ComposeContext): string | undefined {
  const own = context.recipes[name]?.context;
  if (own !== undefined)
    return checkFolder(resolve(context.files.directory, own), { path: ["services", name, "build"], asked: own, context });
  if (service.build === undefined) return context.files.directory;
  const asked = service.build.context;
  if (/^(https?|git|ssh):\/\/|^git@|\.git(#|$)/.test(asked)) {
    context.report({
      code: "compose-refused",
      path: ["services", name, "build"],
      message: `refused: the build context "${asked}" is somewhere else`,
      fix: "instead: keep the source in this repository",
    });
    return undefined;
  }
  return checkFolder(resolve(context.base, asked), { path: ["services", name, "build"], asked, context });
}

function checkFolder(
  absolute: string,
  { path, asked, context }: { path: KeyPath; asked: string; context: ComposeContext },
): string | undefined {
  const { files, report } = context;
  if (!files.contains(absolute))
    report({
      code: "path-outside-project",
      path,
      message: `the build context "${asked}" is outside the project`,
      fix: "keep the source inside the project",
    });
  else if (files.kind(absolute) !== "folder")
    report({ code: "folder-missing", path, message: `the build context "${asked}" is no folder`, fix: "correct the path" });
  else return absolute;
  return undefined;
}
