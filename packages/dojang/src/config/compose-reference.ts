// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the page shows how variables are written.
import {
  buildKeysWithoutEffect,
  composeFile,
  type Refusal,
  refusedBuildKeys,
  refusedServiceKeys,
  refusedTopKeys,
  serviceKeysWithoutEffect,
} from "@dojang/model";
import { knownKeysAt } from "./known-keys.ts";

/** docs/reference/compose.md: which keys of a Compose file are read, which change nothing, and which are refused. */
export function composeReference(): string {
  const known = knownKeysAt(composeFile, { path: ["services", "any"], root: undefined });
  const read = known.filter((key) => serviceKeysWithoutEffect[key] === undefined);
  return [
    "# Compose files",
    "",
    "Generated from the schema by `npm run generate`. The Compose Specification is read as far as this page says; everything else is refused",
    "by name, with its line and what to write instead. Short and long forms are both read, variables (`${NAME:-default}` and all other forms),",
    "`.env`, `env_file`, anchors, `<<` merges and `x-` extensions work as in Docker Compose. Services with `profiles` are left out.",
    "",
    "## Keys of a service that are read",
    "",
    read
      .toSorted()
      .map((key) => `\`${key}\``)
      .join(", "),
    "",
    "## Keys of a service that change nothing",
    "",
    "| key | because |",
    "|---|---|",
    ...Object.entries(serviceKeysWithoutEffect)
      .toSorted()
      .map(([key, reason]) => `| \`${key}\` | ${reason} |`),
    ...buildKeysWithoutEffect.map((key) => `| \`build.${key}\` | a build takes its source and its arguments |`),
    "",
    "## Keys that are refused",
    "",
    "Unless they ask for nothing: `privileged: false`, an empty list.",
    "",
    "| key | reason | instead |",
    "|---|---|---|",
    ...refusals("", refusedTopKeys),
    ...refusals("services.<name>.", refusedServiceKeys),
    ...refusals("services.<name>.build.", refusedBuildKeys),
    "",
    "Refused by their value: networks, volumes, secrets and configs with `external`; volume drivers and `driver_opts`; folders and sockets",
    "outside the project; `security_opt` other than `no-new-privileges`; more than one replica; devices under `deploy`.",
    "",
  ].join("\n");
}

function refusals(prefix: string, keys: Readonly<Record<string, Refusal>>): string[] {
  return Object.entries(keys).map(([key, { reason, instead }]) => `| \`${prefix}${key}\` | ${reason} | ${instead} |`);
}
