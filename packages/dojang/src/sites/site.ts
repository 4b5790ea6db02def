import { createHash } from "node:crypto";
import { join } from "node:path";
import { type DeploymentEnvironment, type EnvironmentKind, nameAdvice, Problem, type SiteDefinition } from "@dojang/model";
import type { LoadedProject } from "../config/load-project.ts";

export type SiteEnvironment = DeploymentEnvironment & { readonly site: SiteDefinition };

/** A deployment environment of a project on this machine: what its releases are deployed to. */
export interface Site {
  /** `<project>-<environment>`, `[a-z0-9-]{1,28}`: environments of it have room for more in theirs. */
  readonly id: string;
  readonly project: string;
  readonly environment: string;
  readonly home: string;
  /** `<home>/sites/<id>`; `keptFolders` says what is in it. */
  readonly folder: string;
  /** The project's. */
  readonly directory: string;
  readonly definition: SiteEnvironment;
}

/** Throws Problem `environment-unknown` or `environment-without-site`. */
export function siteOf(project: LoadedProject, environment: string, { home }: { readonly home: string }): Site {
  const definition = Object.hasOwn(project.file.environments, environment) ? project.file.environments[environment] : undefined;
  const place = { file: "dojang.yml", path: `environments.${environment}` };
  if (definition === undefined) {
    throw new Problem({
      code: "environment-unknown",
      message: `${project.name} has no deployment environment "${environment}"`,
      fix: nameAdvice(environment, Object.keys(project.file.environments), "environments of dojang.yml"),
      exit: "configuration",
      place: { file: "dojang.yml", path: "environments" },
    });
  }
  const { site } = definition;
  if (site === undefined) {
    throw new Problem({
      code: "environment-without-site",
      message: `the environment ${environment} of ${project.name} has no site, so nothing can be deployed to it`,
      fix: `declare environments.${environment}.site with its hosts and routes: site: { hosts: [${project.name}.example.com], routes: [{ path: /, to: <service> }] }`,
      exit: "configuration",
      place,
    });
  }
  const id = siteId(project.name, environment);
  return {
    id,
    project: project.name,
    environment,
    home,
    folder: join(home, "sites", id),
    directory: project.directory,
    definition: { ...definition, site },
  };
}

const longestId = 28;

/** What would be cut, or mistaken for another's, gets a hash of the whole. */
export function siteId(project: string, environment: string): string {
  const whole = `${project}-${environment}`;
  const plain = whole
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, "-")
    .replace(/^-+/, "");
  if (plain === whole && plain.length <= longestId) return plain;
  const hash = createHash("sha256").update(`${project}\0${environment}`).digest("hex").slice(0, 6);
  return `${plain.slice(0, longestId - hash.length - 1)}-${hash}`;
}

/** Names of production decide what its programs may leave out: nothing. */
export function environmentKind(site: Pick<Site, "environment">): EnvironmentKind {
  return site.environment === "production" ? "production" : "staging";
}
