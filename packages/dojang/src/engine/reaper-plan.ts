import type { RuntimeName } from "@dojang/model";
import type { EnvironmentSummary } from "@dojang/runtime";
import type { LedgerEntry } from "../store/ledger.ts";
import type { ProcessIdentity } from "../store/process-identity.ts";

/** What the reaper looks at, read in this order: runtimes first, so that whatever they list must be in the ledger by then. */
export interface ReaperFacts {
  readonly environments: readonly { readonly runtime: RuntimeName; readonly found: EnvironmentSummary }[];
  /** Runtimes that could be asked. What they do not list does not exist. */
  readonly asked: readonly RuntimeName[];
  /** Entries not crossed out. */
  readonly entries: readonly LedgerEntry[];
  /** Ids of environments whose entries are crossed out. */
  readonly released: ReadonlySet<string>;
  readonly isDead: (owner: ProcessIdentity) => boolean;
}

export type ReaperStep =
  /** Stop it and cross it out. */
  | { readonly kind: "remove"; readonly entry: LedgerEntry; readonly why: string }
  /** It is gone already: cross it out. */
  | { readonly kind: "release"; readonly entry: LedgerEntry; readonly why: string }
  /** Crossed out, but there. */
  | { readonly kind: "stop"; readonly runtime: RuntimeName; readonly id: string; readonly why: string }
  | { readonly kind: "leave"; readonly id: string; readonly why: string };

/** Decides without touching anything. What is alive, kept and whole, or not ours, is left; only what needs a word gets a "leave". */
export function planReaping(facts: ReaperFacts): readonly ReaperStep[] {
  return [...facts.entries.flatMap((entry) => planEntry(entry, facts)), ...planUnknown(facts)];
}

function planEntry(entry: LedgerEntry, facts: ReaperFacts): readonly ReaperStep[] {
  if (!facts.isDead(entry.owner)) return [];
  const why = `its owner, process ${entry.owner.pid}, is dead`;
  if (entry.kind !== "environment") return entry.keep ? [] : [{ kind: "remove", entry, why }];
  if (entry.runtime === undefined || !facts.asked.includes(entry.runtime)) {
    return [{ kind: "leave", id: entry.id, why: `its runtime, ${entry.runtime ?? "unknown"}, is not available here` }];
  }
  const found = facts.environments.find((other) => other.runtime === entry.runtime && other.found.id === entry.id)?.found;
  if (found === undefined) return [{ kind: "release", entry, why: entry.keep ? "it is gone, as after a restart of the machine" : why }];
  if (!entry.keep) return [{ kind: "remove", entry, why }];
  // Of a live site it may serve on although nobody watches it: `dojang serve` mends it, in order.
  if (entry.data.site !== undefined) return [];
  return found.state === "broken" ? [{ kind: "remove", entry, why: "it is broken and nobody is mending it" }] : [];
}

function planUnknown(facts: ReaperFacts): readonly ReaperStep[] {
  const known = new Set(facts.entries.filter((entry) => entry.kind === "environment").map((entry) => entry.id));
  return facts.environments
    .filter(({ found }) => !known.has(found.id))
    .map(({ runtime, found }): ReaperStep => {
      if (facts.released.has(found.id)) return { kind: "stop", runtime, id: found.id, why: "it was ended, but something of it is left" };
      return { kind: "leave", id: found.id, why: `it is not in this ledger; dojang down ${found.id} removes it` };
    });
}
