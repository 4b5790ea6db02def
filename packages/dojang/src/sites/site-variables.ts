import { Problem } from "@dojang/model";
import type { Store } from "../store/store.ts";
import { readSecrets } from "./secrets.ts";
import type { Site } from "./site.ts";

/**
 * Every variable that exists in a site: those of its allow-list, with values from dojang.yml, the environment's file or the machine's
 * `<ENVIRONMENT>_<NAME>` (`config/deployment-variables.ts` put them into `values`), and its secrets. Throws Problem `variables-missing`
 * that names every one without a value; nothing is taken from another environment.
 */
export async function siteVariables(store: Store, site: Site): Promise<Readonly<Record<string, string>>> {
  const { definition } = site;
  const secrets = await readSecrets(store, site.id, definition.secrets);
  const listed = Object.fromEntries(
    definition.variables.flatMap((name) => {
      const value = definition.values[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
  const missingVariables = definition.variables.filter((name) => listed[name] === undefined);
  const missingSecrets = definition.secrets.filter((name) => secrets[name] === undefined);
  if (missingVariables.length + missingSecrets.length > 0) throw missing(site, missingVariables, missingSecrets);
  return { ...listed, ...secrets };
}

function missing(site: Site, variables: readonly string[], secrets: readonly string[]): Problem {
  const names = [...secrets, ...variables];
  const prefix = site.environment.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_");
  const fixes = [
    ...secrets.map((name) => `dojang secrets set ${site.environment} ${name}`),
    ...variables.map((name) => `set ${name} under environments.${site.environment}.values of dojang.yml, or export ${prefix}_${name}`),
  ];
  return new Problem({
    code: "variables-missing",
    message: `${site.environment} of ${site.project} has no value for ${names.join(", ")}`,
    fix: fixes.join("; "),
    exit: "configuration",
    place: { file: "dojang.yml", path: `environments.${site.environment}` },
  });
}
