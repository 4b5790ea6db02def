import { Problem } from "@dojang/model";
import type { Traffic } from "../edge/access-log.ts";
import type { Edge } from "../edge/edge.ts";
import type { EdgeSite } from "../edge/edge-site.ts";
import type { StepResult } from "../environments/run-steps.ts";
import type { ResolvedRelease } from "../sites/resolved-release.ts";
import type { Site } from "../sites/site.ts";
import type { SiteContext } from "../sites/site-context.ts";

/** What the steps of a deployment work with: one site, the edge before it, and releases as they are in it. */
export interface SiteWork {
  readonly context: Omit<SiteContext, "signal" | "say">;
  readonly site: Site;
  readonly edge: Edge;
  /** Lets nginx know this site as the release has it, and every other as it is live; remembers it as this site's definition. */
  readonly applyEdge: (of: Pick<Site, "definition">) => Promise<void>;
  /** Sees to it that the site has the certificate it is to have. True when nginx has to be told of a new one. Throws `certificate-missing`. */
  readonly certify: (signal: AbortSignal, say: (text: string) => void) => Promise<boolean>;
  readonly resolve: (release: string) => Promise<ResolvedRelease & { readonly site: Site }>;
  /** What visitors met since a time, by nginx's own log: of all slots, or of some. */
  readonly traffic: (query: { readonly since: number; readonly slots?: readonly number[] }) => Promise<Traffic>;
}

/** The context of one step. */
export function during({ context }: SiteWork, step: Pick<SiteContext, "signal" | "say">): SiteContext {
  return { ...context, signal: step.signal, say: step.say };
}

export function edgeSiteOf(site: Pick<Site, "id" | "definition">): EdgeSite {
  return { id: site.id, definition: site.definition.site, statusPage: site.definition.watch?.statusPage ?? false };
}

/** `error: relation "x" does not exist`, `django.db.utils.ProgrammingError: column ...`, `psql:2.sql:1: ERROR:  syntax error` */
const looksWrong = /(?:^|[\s.])\w*(?:error|exception|fatal|panic)\b[^:]{0,40}:\s+\S/i;

/** Throws unless every step passed; the Problem ends with the last lines that the one which did not had printed. */
export function mustPass(
  results: readonly StepResult[],
  problem: { readonly code: string; readonly what: string; readonly fix: string },
): void {
  const failed = results.find(({ exitCode, timedOut, allowFailure }) => (exitCode !== 0 || timedOut) && !allowFailure);
  if (failed === undefined) return;
  const how = failed.timedOut
    ? `took longer than it may (${Math.round(failed.durationMs / 1000)} s) and was ended`
    : `ended with ${failed.exitCode}`;
  const lines = failed.output.map(({ text }) => text.trim()).filter(Boolean);
  const last = lines.slice(-5);
  // Many programs end with a stack or an object: what is wrong was said before it.
  const named = last.some((line) => looksWrong.test(line)) ? undefined : lines.findLast((line) => looksWrong.test(line));
  const said = (named === undefined ? last : [named, "…", ...last]).join(" | ");
  throw new Problem({
    code: problem.code,
    message: `${problem.what}: \`${failed.command}\` ${how}${said === "" ? "" : `; it said last: ${said.slice(0, 1000)}`}`,
    fix: problem.fix,
    exit: "infrastructure",
  });
}
