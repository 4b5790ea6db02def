import type { DojangFile } from "@dojang/model";
import { isMapping } from "./compose-tree.ts";

/** Services that dojang.yml takes out of the system under test: a proxy that needs the engine's socket, an admin page. */
export function leftOutServices(file: DojangFile | undefined): ReadonlySet<string> {
  const names = Object.entries(file?.services ?? {}).filter(([, recipe]) => recipe.omit === true);
  return new Set(names.map(([name]) => name));
}

/** A Compose file's data without these services, and without what the others say about waiting for them or linking to them. */
export function withoutServices(data: unknown, names: ReadonlySet<string>): unknown {
  if (names.size === 0 || !isMapping(data) || !isMapping(data.services)) return data;
  const kept = Object.entries(data.services).filter(([name]) => !names.has(name));
  return { ...data, services: Object.fromEntries(kept.map(([name, service]) => [name, withoutMentions(service, names)])) };
}

function withoutMentions(service: unknown, names: ReadonlySet<string>): unknown {
  if (!isMapping(service)) return service;
  const kept = { ...service };
  if ("depends_on" in kept) kept.depends_on = withoutNames(kept.depends_on, names);
  if ("links" in kept) kept.links = withoutNames(kept.links, names);
  return kept;
}

function withoutNames(mentioned: unknown, names: ReadonlySet<string>): unknown {
  const stays = (name: unknown) => typeof name !== "string" || !names.has(name.split(":")[0] ?? name);
  if (Array.isArray(mentioned)) return mentioned.filter(stays);
  return isMapping(mentioned) ? Object.fromEntries(Object.entries(mentioned).filter(([name]) => stays(name))) : mentioned;
}
