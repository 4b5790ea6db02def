import { mkdir, stat, symlink } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { Problem, type ServiceSpec } from "@dojang/model";
import type { BuiltImage } from "@dojang/runtime";
import type { LoadedProject } from "../config/load-project.ts";

/** As the sites of dojang.yml name them. */
export function staticFolders(project: LoadedProject): readonly string[] {
  return [...new Set(Object.values(project.file.environments).flatMap(({ site }) => (site?.static ?? []).map(({ from }) => from)))];
}

/** `static/<folder>` leads to where the files are: in what a build made of the sources, else in the sources themselves. */
export async function linkStatic(from: {
  readonly project: LoadedProject;
  readonly services: readonly ServiceSpec[];
  readonly images: Readonly<Record<string, BuiltImage>>;
  readonly draft: string;
}): Promise<void> {
  const { project, services, images, draft } = from;
  await mkdir(join(draft, "static"), { mode: 0o755 });
  for (const folder of staticFolders(project)) {
    const path = join(project.directory, folder);
    const built = services.flatMap(({ name, program }) => {
      const inside = program.kind === "build" ? relative(program.context, path) : "..";
      const image = images[name];
      return inside.startsWith("..") || image === undefined ? [] : [join(image.reference, inside)];
    });
    const found = await firstThere([...built, path]);
    if (found === undefined) {
      throw new Problem({
        code: "static-missing",
        message: `there is no folder ${folder} in the sources, nor in what the builds of ${Object.keys(images).join(", ") || "no service"} made of them`,
        fix: "correct `from` of the site's static folders, or build it in a service's `build`",
        exit: "configuration",
        place: { file: "dojang.yml", path: "environments" },
      });
    }
    const link = join(draft, "static", folder);
    await mkdir(dirname(link), { recursive: true, mode: 0o755 });
    // Named from the link: the draft takes its final name later, beside which the shelf is, also on another machine.
    await symlink(relative(dirname(link), found), link);
  }
}

async function firstThere(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await exists(path)) return path;
  return undefined;
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
