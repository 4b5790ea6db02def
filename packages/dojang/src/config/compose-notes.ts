import { buildKeysWithoutEffect, type ComposeService, serviceKeysWithoutEffect } from "@dojang/model";
import type { ComposeContext } from "./compose-context.ts";

/** The services that take part, by name. */
export type Taking = readonly (readonly [string, ComposeService])[];

/** What is read differently here than by Docker Compose, without being wrong. */
export function noteCompose(taking: Taking, context: ComposeContext): void {
  noteKeysWithoutEffect(taking, context);
  noteSegments(taking, context);
}

const deployKeysWithoutEffect = ["placement", "update_config", "rollback_config", "endpoint_mode", "labels"];

function noteKeysWithoutEffect(taking: Taking, { source, report }: ComposeContext): void {
  const keys = [
    ...Object.entries(serviceKeysWithoutEffect).map(([key, reason]) => ({ inside: [key], reason })),
    ...buildKeysWithoutEffect.map((key) => ({ inside: ["build", key], reason: "a build takes its source and its arguments" })),
    ...deployKeysWithoutEffect.map((key) => ({ inside: ["deploy", key], reason: "one of each service runs, on one machine" })),
  ];
  for (const { inside, reason } of keys) {
    const users = taking.map(([name]) => name).filter((name) => source.at(["services", name, ...inside]) !== undefined);
    const first = users[0];
    if (first === undefined) continue;
    const others = users.length > 1 ? ` (also in ${users.slice(1).join(", ")})` : "";
    report({
      severity: "note",
      code: "no-effect",
      path: ["services", first, ...inside],
      key: true,
      message: `no effect here: ${reason}${others}`,
      fix: "nothing to do",
    });
  }
}

/** All services of an environment share one network; a file that separates some should know. */
function noteSegments(taking: Taking, { report }: ComposeContext): void {
  const networksOf = (service: ComposeService) => Object.keys(service.networks ?? { default: [] });
  for (const [index, [name, service]] of taking.entries()) {
    const apart = taking.slice(index + 1).find(([, other]) => !networksOf(other).some((network) => networksOf(service).includes(network)));
    if (apart === undefined) continue;
    report({
      severity: "note",
      code: "networks-joined",
      path: ["services", name, "networks"],
      message: `${name} and ${apart[0]} share no network in this file, yet all services of an environment can reach each other`,
      fix: "nothing to do; do not rely on this separation in tests",
    });
    return;
  }
}
