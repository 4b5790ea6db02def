import type { EgressFacts } from "../report/run-facts.ts";

/** Counts what environments and builds asked of the outside. */
export interface EgressTally {
  add(asked: { readonly host: string; readonly port: number; readonly allowed: boolean; readonly service?: string }): void;
  facts(): readonly EgressFacts[];
}

export function createEgressTally(): EgressTally {
  const seen = new Map<string, EgressFacts>();
  return {
    add({ host, port, allowed, service }) {
      const key = `${host}:${port} ${allowed} ${service}`;
      seen.set(key, { host, port, allowed, service, count: (seen.get(key)?.count ?? 0) + 1 });
    },
    facts: () => [...seen.values()],
  };
}
