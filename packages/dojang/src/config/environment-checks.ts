import { type DeploymentEnvironment, type DojangFile, type Finding, nameAdvice } from "@dojang/model";
import type { KeyPath } from "./key-path.ts";

export interface EnvironmentCheckRequest {
  readonly file: DojangFile;
  /** Names of the Compose file's services; undefined when there is no Compose file. */
  readonly services: readonly string[] | undefined;
  readonly report: (said: {
    code: string;
    path: KeyPath;
    key?: boolean;
    severity?: Finding["severity"];
    message: string;
    fix: string;
  }) => void;
}

/** What deployment environments must keep between their own parts, the jobs that deploy to them, and the Compose file. */
export function checkDeploymentEnvironments(request: EnvironmentCheckRequest): void {
  for (const [name, environment] of Object.entries(request.file.environments)) {
    checkVariables(name, environment, request);
    checkServices(name, environment, request);
    checkRoutes(name, environment, request);
    checkVariablesOfTargets(name, environment, request);
  }
  checkSites(request);
  for (const [name, job] of Object.entries(request.file.jobs)) {
    if (job.kind !== "deploy") continue;
    const environment = request.file.environments[job.environment];
    if (environment?.site !== undefined) continue;
    request.report({
      severity: "warning",
      code: "environment-without-site",
      path: ["jobs", name, "environment"],
      message: `${job.environment} has no site to deploy to`,
      fix: `declare environments.${job.environment}.site with its hosts and routes`,
    });
  }
}

function checkVariables(name: string, { variables, values, secrets }: DeploymentEnvironment, { report }: EnvironmentCheckRequest): void {
  for (const [index, secret] of secrets.entries()) {
    const path = ["environments", name, "secrets", index];
    if (variables.includes(secret))
      report({ code: "secret-is-variable", path, message: `${secret} is a variable and a secret`, fix: "remove it from `variables`" });
    if (Object.hasOwn(values, secret))
      report({
        code: "secret-in-file",
        path: ["environments", name, "values", secret],
        key: true,
        message: `${secret} is a secret, and its value stands in dojang.yml`,
        fix: `remove it here, change the value, and give it with \`dojang secrets set ${name} ${secret}\``,
      });
  }
}

function checkServices(name: string, { services: lists, backups }: DeploymentEnvironment, request: EnvironmentCheckRequest): void {
  const named: [KeyPath, readonly string[]][] = [
    [["services", "leave-out"], lists.leaveOut],
    [["services", "keep"], lists.keep ?? []],
    [["services", "overlap"], lists.overlap],
    [["backups", "services"], backups?.services ?? []],
  ];
  for (const [path, services] of named)
    for (const [index, service] of services.entries()) known(service, ["environments", name, ...path, index], request);
}

function checkRoutes(name: string, { site, services: lists }: DeploymentEnvironment, request: EnvironmentCheckRequest): void {
  const { report } = request;
  for (const [index, route] of (site?.routes ?? []).entries()) {
    const path = ["environments", name, "site", "routes", index];
    if (known(route.to, [...path, "to"], request) && lists.leaveOut.includes(route.to))
      report({
        code: "route-to-left-out",
        path: [...path, "to"],
        message: `${route.to} is left out of ${name}`,
        fix: "route to another service, or remove it from `leave-out`",
      });
  }
}

/** Addresses and keys of backup stores and alerts are variables of the environment. */
function checkVariablesOfTargets(name: string, environment: DeploymentEnvironment, { report }: EnvironmentCheckRequest): void {
  const known = [...environment.variables, ...environment.secrets];
  const check = (variable: string, path: KeyPath) => {
    if (known.includes(variable)) return;
    report({
      code: "unknown-variable",
      path: ["environments", name, ...path],
      message: `${variable} is neither a variable nor a secret of ${name}`,
      fix: nameAdvice(variable, known, "variables"),
    });
  };
  for (const [index, target] of (environment.backups?.to ?? []).entries()) {
    if (target.kind !== "s3") continue;
    check(target.accessKey, ["backups", "to", index, "s3"]);
    check(target.secretKey, ["backups", "to", index, "s3"]);
  }
  for (const [index, target] of (environment.watch?.alerts ?? []).entries())
    check(target.kind === "mail" ? target.server : target.variable, ["watch", "alerts", index]);
}

/** One host at one port belongs to one environment. */
function checkSites({ file, report }: EnvironmentCheckRequest): void {
  const owners = new Map<string, string>();
  for (const [name, { site }] of Object.entries(file.environments)) {
    for (const [index, host] of (site?.hosts ?? []).entries()) {
      const key = `${host}:${site?.listen.https}`;
      const owner = owners.get(key);
      if (owner !== undefined)
        report({
          code: "host-twice",
          path: ["environments", name, "site", "hosts", index],
          message: `${host} is the host of ${owner} already`,
          fix: "give each environment hosts, or ports, of its own",
        });
      owners.set(key, name);
    }
  }
}

function known(service: string, path: KeyPath, { services, report }: EnvironmentCheckRequest): boolean {
  if (services === undefined || services.includes(service)) return true;
  report({ code: "unknown-service", path, message: `there is no service "${service}"`, fix: nameAdvice(service, services, "services") });
  return false;
}
