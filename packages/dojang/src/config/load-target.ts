import type { Scenario } from "@dojang/load";
import { type PerformanceJob, Problem } from "@dojang/model";

/** The address that is asked: of the job, else of the scenario. Variables of the job may stand in it: `$API_URL`. */
export function targetUrl(
  definition: Pick<PerformanceJob, "target">,
  scenario: Pick<Scenario, "target">,
  variables: Readonly<Record<string, string>>,
): URL {
  const written = definition.target ?? scenario.target;
  const fix = "write `target: http://api:8000`, in the job or in the scenario";
  if (written === undefined) throw refused("nobody says which service is asked", fix);
  const replaced = written.replaceAll(/\$\{?([A-Za-z_]\w*)\}?/g, (whole, name: string) => variables[name] ?? whole);
  const url = URL.parse(replaced);
  if (url !== null && (url.protocol === "http:" || url.protocol === "https:")) return url;
  throw refused(`the target ${JSON.stringify(replaced)} is no http or https URL`, fix);
}

/** Traffic goes to the environment's own services and nowhere else. */
export function requireInside(url: URL, names: ReadonlySet<string>): void {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (names.has(host)) return;
  throw refused(`the target ${url.host} is no service of the environment`, `aim at one of ${[...names].join(", ")}`);
}

function refused(message: string, fix: string): Problem {
  return new Problem({ code: "load-target", message, fix, exit: "configuration" });
}
