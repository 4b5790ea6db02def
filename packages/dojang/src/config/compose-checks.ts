import { type ComposeService, nameAdvice, type ServiceSpec } from "@dojang/model";
import type { ComposeContext } from "./compose-context.ts";
import { noteCompose, type Taking } from "./compose-notes.ts";
import { imagesWithOwnHealth, takesPart } from "./compose-services.ts";
import type { KeyPath } from "./key-path.ts";

/** What a Compose file must keep across its services; each breach is a finding. */
export function checkCompose(context: ComposeContext, services: readonly ServiceSpec[]): void {
  const taking = Object.entries(context.file.services).filter(([name, service]) => takesPart(name, service));
  for (const [name, service] of taking) {
    checkDependencies(name, service, context);
    checkNetworks(name, service, context);
    checkSecurityOptions(name, service, context);
    checkReplicas(name, service, context);
    checkHealthWords(name, service, context);
  }
  checkCycles(taking, context);
  checkHealthAwaited(services, context);
  checkPorts(taking, context);
  checkNames(taking, context);
  checkTopLevel(context);
  noteCompose(taking, context);
}

function checkDependencies(name: string, service: ComposeService, context: ComposeContext): void {
  const { file, report } = context;
  const known = Object.keys(file.services).filter((other) => other !== name);
  const links = (service.links ?? []).map((link, index) => ({
    target: link.split(":")[0] ?? link,
    path: ["services", name, "links", index] as KeyPath,
    required: true,
  }));
  const written = Object.entries(service.depends_on ?? {}).map(([target, { required }]) => ({
    target,
    path: dependencyPath(name, target, context),
    required,
  }));
  for (const { target, path, required } of [...written, ...links]) {
    const other = Object.hasOwn(file.services, target) ? file.services[target] : undefined;
    if (target === name) report({ code: "needs-itself", path, message: `the service ${name} depends on itself`, fix: "remove it" });
    else if (other === undefined && required)
      report({ code: "unknown-service", path, message: `there is no service "${target}"`, fix: nameAdvice(target, known, "services") });
    else if (other !== undefined && required && !takesPart(target, other)) {
      report({
        code: "needs-left-out",
        path,
        message: `the service ${name} depends on ${target}, which is left out`,
        fix: `remove the profile of ${target}, or write \`required: false\``,
      });
    }
  }
}

/** The short form's place is a list item, the long form's a key. */
function dependencyPath(name: string, target: string, { source }: ComposeContext): KeyPath {
  const list = ["services", name, "depends_on"];
  for (let index = 0; index < 200; index++) {
    const item = source.at([...list, index]);
    if (item === undefined) break;
    if (item === target) return [...list, index];
  }
  return [...list, target];
}

function checkNetworks(name: string, service: ComposeService, { file, report }: ComposeContext): void {
  const declared = [...Object.keys(file.networks ?? {}), "default"];
  for (const network of Object.keys(service.networks ?? {})) {
    if (declared.includes(network)) continue;
    report({
      code: "unknown-network",
      path: ["services", name, "networks"],
      message: `the network "${network}" is not declared`,
      fix: `${nameAdvice(network, declared, "networks")}; declare it under the top-level \`networks:\``,
    });
  }
}

function checkSecurityOptions(name: string, service: ComposeService, { report }: ComposeContext): void {
  for (const option of service.security_opt ?? []) {
    const path = ["services", name, "security_opt"];
    if (/^no-new-privileges([:=]true)?$/.test(option)) {
      report({ severity: "note", code: "no-effect", path, message: `${option} always holds here`, fix: "nothing to do" });
    } else
      report({
        code: "compose-refused",
        path,
        message: `refused: ${option} changes the environment's isolation`,
        fix: "instead: remove it",
      });
  }
}

function checkReplicas(name: string, service: ComposeService, { report }: ComposeContext): void {
  const path = ["services", name, service.scale === undefined ? "deploy" : "scale"];
  const replicas = service.scale ?? service.deploy?.replicas ?? 1;
  if (replicas > 1)
    report({
      code: "compose-refused",
      path,
      message: `refused: ${replicas} replicas; one of each service runs`,
      fix: "instead: give it one replica",
    });
  if (service.deploy?.resources?.reservations?.devices !== undefined) {
    report({
      code: "compose-refused",
      path: ["services", name, "deploy", "resources", "reservations", "devices"],
      key: true,
      message: "refused: devices of the machine are not given away",
      fix: "instead: leave the service out (`omit: true` in dojang.yml)",
    });
  }
  if (service.deploy?.mode?.endsWith("-job")) {
    report({
      code: "compose-refused",
      path: [...path, "mode"],
      message: `refused: the mode ${service.deploy.mode} is Swarm's`,
      fix: "instead: let others wait for it with service_completed_successfully",
    });
  }
}

/** `service_healthy` of a service that nothing looks at never comes. */
function checkHealthAwaited(services: readonly ServiceSpec[], context: ComposeContext): void {
  const byName = new Map(services.map((service) => [service.name, service]));
  for (const { name, dependsOn } of services) {
    for (const { service: target, condition } of dependsOn) {
      const other = byName.get(target);
      if (condition !== "healthy" || other === undefined || other.health !== undefined) continue;
      if (other.program.kind === "image" && imagesWithOwnHealth.test(other.program.image)) continue;
      context.report({
        severity: other.program.kind === "image" ? "warning" : "error",
        code: "health-unknown",
        path: dependencyPath(name, target, context),
        message: `${name} waits until ${target} is healthy, and nothing says when it is`,
        fix: `add a healthcheck to ${target}, or services.${target}.health in dojang.yml, or wait for service_started`,
      });
    }
  }
}

function checkHealthWords(name: string, { healthcheck }: ComposeService, { report }: ComposeContext): void {
  const test = healthcheck?.test;
  if (test?.kind !== "shell" || !("ignored" in test) || test.ignored === undefined || test.ignored.length === 0) return;
  report({
    severity: "warning",
    code: "health-words-ignored",
    path: ["services", name, "healthcheck", "test"],
    message: `CMD-SHELL runs its first word alone; "${test.ignored.join(" ")}" is ignored`,
    fix: "write the whole line as one text, or use CMD",
  });
}

/** Depth first; each cycle is reported once, at the dependency that closes it. */
function checkCycles(taking: Taking, context: ComposeContext): void {
  const services = new Map(taking);
  const done = new Set<string>();
  const visit = (name: string, trail: readonly string[]): void => {
    if (done.has(name)) return;
    for (const target of Object.keys(services.get(name)?.depends_on ?? {})) {
      const from = [...trail, name].indexOf(target);
      if (from !== -1 && target !== name) {
        const cycle = [...[...trail, name].slice(from), target];
        context.report({
          code: "depends-on-cyclic",
          path: dependencyPath(name, target, context),
          message: `services wait for each other: ${cycle.join(" -> ")}`,
          fix: "remove one of these dependencies",
        });
      } else if (from === -1) visit(target, [...trail, name]);
    }
    done.add(name);
  };
  for (const [name] of taking) visit(name, []);
}

function checkPorts(taking: Taking, { report }: ComposeContext): void {
  const taken = new Map<string, { name: string; address: string | undefined }[]>();
  for (const [name, service] of taking) {
    for (const { published, protocol, hostAddress } of service.ports ?? []) {
      if (published === undefined) continue;
      const key = `${published}/${protocol}`;
      const everywhere = hostAddress === undefined || hostAddress === "0.0.0.0" || hostAddress === "::";
      const address = everywhere ? undefined : hostAddress;
      const other = taken.get(key)?.find((one) => one.address === undefined || address === undefined || one.address === address);
      if (other !== undefined) {
        report({
          code: "port-clash",
          path: ["services", name, "ports"],
          message: `the services ${other.name} and ${name} both publish port ${published}${protocol === "udp" ? "/udp" : ""}`,
          fix: "publish one of them on another port",
        });
      }
      taken.set(key, [...(taken.get(key) ?? []), { name, address }]);
    }
  }
}

/** A name must lead to one service: Compose would spread requests over both by chance. */
function checkNames(taking: Taking, { report }: ComposeContext): void {
  const owners = new Map(taking.map(([name]) => [name, name]));
  for (const [name, service] of taking) {
    const aliases = [service.container_name, service.hostname, ...Object.values(service.networks ?? {}).flat()];
    for (const alias of new Set(aliases)) {
      if (alias === undefined) continue;
      const owner = owners.get(alias);
      if (owner !== undefined && owner !== name) {
        report({
          code: "name-clash",
          path: ["services", name],
          key: true,
          message: `the name ${alias} leads to both ${owner} and ${name}`,
          fix: "give one of them another container_name, hostname or alias",
        });
      }
      owners.set(alias, owner ?? name);
    }
  }
}

function checkTopLevel({ file, source, report }: ComposeContext): void {
  for (const [name, volume] of Object.entries(file.volumes ?? {})) {
    const path = ["volumes", name];
    if (volume?.external)
      report({
        code: "compose-refused",
        path,
        message: `refused: the volume ${name} lives outside`,
        fix: "instead: remove `external`; every environment gets its own, empty volume",
      });
    if (volume?.driver !== undefined && volume.driver !== "local") {
      report({
        code: "compose-refused",
        path,
        message: `refused: the volume driver ${volume.driver} reaches outside`,
        fix: "instead: remove `driver`",
      });
    }
    if (volume?.driver_opts !== undefined && volume.driver_opts !== null) {
      report({
        code: "compose-refused",
        path,
        message: "refused: driver_opts mount something of the machine",
        fix: "instead: remove `driver_opts`, or bind a folder of the project",
      });
    }
  }
  for (const [name, network] of Object.entries(file.networks ?? {})) {
    if (network?.external) {
      report({
        code: "compose-refused",
        path: ["networks", name],
        message: `refused: the network ${name} lives outside`,
        fix: "instead: remove `external`; every environment has a network of its own",
      });
    }
  }
  if (file.version !== undefined && source.at(["version"]) !== undefined) {
    report({
      severity: "note",
      code: "no-effect",
      path: ["version"],
      key: true,
      message: "`version` is obsolete and changes nothing",
      fix: "remove it",
    });
  }
}
