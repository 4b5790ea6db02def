import type { ServiceSpec } from "@dojang/model";
import type { BuiltImage } from "@dojang/runtime";
import type { LoadedProject } from "../config/load-project.ts";
import type { SiteContext } from "../sites/site-context.ts";
import { shelve } from "./artifact-shelf.ts";

export const buildTimeoutMs = 15 * 60_000;

/** Those that live in some deployment environment; all, where none has a site. */
export function livingServices(project: LoadedProject): readonly ServiceSpec[] {
  const environments = Object.values(project.file.environments).filter(({ site }) => site !== undefined);
  if (environments.length === 0) return project.services;
  return project.services.filter(({ name }) => environments.some(({ services }) => !services.leaveOut.includes(name)));
}

/** One after the other: two compilers at once are more than a small machine has memory for. */
export async function buildAll(
  context: Pick<SiteContext, "home" | "runtime" | "signal" | "emit">,
  project: LoadedProject,
  services: readonly ServiceSpec[],
): Promise<Readonly<Record<string, BuiltImage>>> {
  const images: Record<string, BuiltImage> = {};
  for (const { name, program } of services) {
    if (program.kind !== "build") continue;
    const image = await context.runtime.build(
      {
        project: project.name,
        service: name,
        program,
        egress: { kind: "allow", hosts: project.file.services[name]?.egress ?? [] },
        environment: {},
        timeoutMs: buildTimeoutMs,
      },
      {
        signal: context.signal,
        onProgress(event) {
          const job = `build ${name}`;
          if (event.kind === "output") context.emit?.({ kind: "output", job, source: "build", stream: event.stream, text: event.text });
          if (event.kind === "note") context.emit?.({ kind: "note", job, text: event.text });
        },
      },
    );
    images[name] = await shelve(context.home, image, context.signal);
  }
  return images;
}

/** Published images, by service. */
export function imagesOf(services: readonly ServiceSpec[]): Readonly<Record<string, string>> {
  return Object.fromEntries(services.flatMap(({ name, program }) => (program.kind === "image" ? [[name, program.image]] : [])));
}
