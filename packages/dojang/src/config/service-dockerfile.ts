import { resolve } from "node:path";
import { type ComposeService, nameAdvice } from "@dojang/model";
import type { ComposeContext } from "./compose-context.ts";
import { dockerfileStages, type Stage, stageNamed } from "./dockerfile-stages.ts";

/** A service's Dockerfile and the stage it runs. */
export interface Dockerfile {
  /** Absolute; undefined for `dockerfile_inline`. */
  readonly path: string | undefined;
  readonly shown: string;
  readonly stages: readonly Stage[];
  readonly stage: Stage;
}

/** undefined when there is none and none is needed; "wrong" when that was reported. */
export function readDockerfile(
  name: string,
  service: ComposeService,
  { folder, context }: { folder: string; context: ComposeContext },
): Dockerfile | undefined | "wrong" {
  const { build } = service;
  const { files, report, recipes } = context;
  if (build === undefined) return undefined;
  const path = resolve(folder, build.dockerfile ?? "Dockerfile");
  const text = build.dockerfile_inline ?? files.read(path);
  if (text === undefined) {
    // dojang.yml says everything a Dockerfile would.
    if (recipes[name]?.command !== undefined) return undefined;
    const place = ["services", name, "build"];
    if (!files.contains(path))
      report({
        code: "path-outside-project",
        path: place,
        message: `the Dockerfile "${build.dockerfile}" is outside the project`,
        fix: "keep it inside the project",
      });
    else
      report({
        code: "dockerfile-missing",
        path: place,
        message: `there is no ${files.show(path)}`,
        fix: `create it, or write services.${name} in dojang.yml: { build: [...], command: ... }`,
      });
    return "wrong";
  }
  const stages = dockerfileStages(text, buildArguments(service, context));
  const stage = stageNamed(stages, build.target);
  const shown = build.dockerfile_inline === undefined ? files.show(path) : `dockerfile_inline of ${name}`;
  if (stage !== undefined) return { path: build.dockerfile_inline === undefined ? path : undefined, shown, stages, stage };
  const names = stages.flatMap((one) => one.name ?? []);
  if (build.target === undefined)
    report({
      code: "dockerfile-empty",
      path: ["services", name, "build"],
      message: `${shown} has no FROM line`,
      fix: "begin it with FROM",
    });
  else
    report({
      code: "unknown-stage",
      path: ["services", name, "build", "target"],
      message: `${shown} has no stage "${build.target}"`,
      fix: nameAdvice(build.target, names, "stages"),
    });
  return "wrong";
}

export function buildArguments(service: ComposeService, { lookup }: ComposeContext): Record<string, string> {
  const pairs = Object.entries(service.build?.args ?? {}).map(([key, value]) => [key, value ?? lookup(key)] as const);
  return Object.fromEntries(pairs.filter((pair): pair is [string, string] => pair[1] !== undefined));
}
