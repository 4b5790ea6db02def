import { matrixCombinations, matrixJobName, type ServiceSpec } from "@dojang/model";
import type { LoadedProject } from "./load-project.ts";

/** What was understood of a project, in lines for people. */
export function describeProject({ name, services, file, workspace, volumes }: LoadedProject): string[] {
  return [
    `project ${name}`,
    `workspace: ${workspace.install.length === 0 ? workspace.origin : `${workspace.install.join(" && ")} (${workspace.origin})`}`,
    services.length === 0 ? "services: none" : "services:",
    ...services.flatMap(describeService),
    ...(volumes.length === 0 ? [] : [`volumes: ${volumes.join(", ")}`]),
    "jobs:",
    ...Object.entries(file.jobs).flatMap(([job, definition]) =>
      matrixCombinations(definition.matrix).map((combination) => {
        const needs = definition.needs.length === 0 ? "" : `, after ${definition.needs.join(", ")}`;
        return `  ${matrixJobName(job, combination)}: ${definition.kind}${needs}`;
      }),
    ),
  ];
}

function describeService(service: ServiceSpec): string[] {
  const ports = service.ports.map(({ container }) => container).join(", ");
  const needs = service.dependsOn.map((dependency) => `${dependency.service} ${dependency.condition}`).join(", ");
  const details = [
    ...(ports === "" ? [] : [`port ${ports}`]),
    ...(service.health === undefined ? [] : [`healthy when ${describeProbe(service.health.probe)}`]),
    ...(needs === "" ? [] : [`after ${needs}`]),
  ];
  const { program } = service;
  if (program.kind === "image") return [`  ${service.name}: image ${program.image}${details.map((detail) => `; ${detail}`).join("")}`];
  const { recipe } = program;
  return [
    `  ${service.name}: ${recipe.command.join(" ")} in ${service.workingDirectory ?? recipe.directory}${details.map((detail) => `; ${detail}`).join("")}`,
    ...recipe.build.map((line) => `    build: ${line}`),
    `    ${recipe.origin}`,
  ];
}

function describeProbe(probe: NonNullable<ServiceSpec["health"]>["probe"]): string {
  switch (probe.kind) {
    case "http":
      return `${probe.method} ${probe.path} on port ${probe.port} succeeds`;
    case "tcp":
      return `port ${probe.port} accepts`;
    case "command":
      return `\`${probe.command.join(" ")}\` succeeds`;
    case "shell":
      return `\`${probe.command.replace(/\s+/g, " ").trim()}\` succeeds`;
  }
}
