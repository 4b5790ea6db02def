import type { AdminCall } from "./admin-call.ts";
import type { AdminResponse } from "./admin-response.ts";

/** One line of the admin API's table. Methods are matched exactly, as WireMock does: HEAD is none of them. */
export interface AdminRoute {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below `/__admin`: `{name}` stands for one part of a path, `**` for all that follows. */
  readonly path: string;
  /** What it does, for the page that lists the routes. */
  readonly summary: string;
  readonly answer: (call: AdminCall) => AdminResponse | Promise<AdminResponse>;
}

export interface FoundRoute {
  readonly route: AdminRoute;
  readonly params: Readonly<Record<string, string>>;
}

/** The first route that fits wins, so that `/mappings/unmatched` comes before `/mappings/{id}`. */
export function createRouter(routes: readonly AdminRoute[]): (method: string, path: string) => FoundRoute | undefined {
  const compiled = routes.map((route) => ({ route, pattern: patternOf(route.path) }));
  return (method, path) => {
    for (const { route, pattern } of compiled) {
      if (route.method !== method) continue;
      const found = pattern.exec(path);
      if (found !== null) return { route, params: { ...found.groups } };
    }
    return undefined;
  };
}

function patternOf(path: string): RegExp {
  const source = path.replace(/\{(\w+)\}|\*\*|[.]/g, (found, name) => {
    if (found === "**") return "(?<rest>.*)";
    return found === "." ? "\\." : `(?<${name}>[^/]+)`;
  });
  return new RegExp(`^${source}$`, "s");
}
