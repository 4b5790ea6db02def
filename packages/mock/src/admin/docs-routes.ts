import { wireMockVersion } from "../version.ts";
import { type AdminResponse, textAnswer } from "./admin-response.ts";
import type { AdminRoute } from "./admin-route.ts";

/** A page and an OpenAPI document that list the routes, made from their table. */
export function createDocsRoutes(described: readonly AdminRoute[]): readonly AdminRoute[] {
  return [
    { method: "GET", path: "/docs", summary: "this page", answer: () => page(described) },
    { method: "GET", path: "/swagger-ui/", summary: "this page, where WireMock has its own", answer: () => page(described) },
    { method: "GET", path: "/docs/swagger", summary: "the routes as an OpenAPI document", answer: () => document(described) },
  ];
}

function page(routes: readonly AdminRoute[]): AdminResponse {
  const rows = routes.map(
    ({ method, path, summary }) => `<tr><td>${method}</td><td><code>/__admin${path}</code></td><td>${summary}</td></tr>`,
  );
  const text = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>dojang-mock: admin API</title>
<style>body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem } td { padding: 0 1rem 0 0 }</style>
<h1>Admin API</h1>
<p>As <a href="/__admin/docs/swagger">OpenAPI document</a>.</p>
<table>
${rows.join("\n")}
</table>
</html>
`;
  return textAnswer({ text, contentType: "text/html" });
}

/** Laid out as people write JSON: it is a file of WireMock's, and clients look for its first line. */
function document(routes: readonly AdminRoute[]): AdminResponse {
  return textAnswer({ text: JSON.stringify(openapi(routes), undefined, 2), contentType: "application/json" });
}

function openapi(routes: readonly AdminRoute[]) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const { method, path, summary } of routes) {
    const name = `/__admin${path.replace("**", "{name}")}`;
    paths[name] ??= {};
    paths[name][method.toLowerCase()] = {
      summary,
      parameters: [...name.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => ({
        name: parameter,
        in: "path",
        required: true,
        schema: { type: "string" },
      })),
      responses: { "200": { description: "done" } },
    };
  }
  return { openapi: "3.0.0", info: { title: "dojang-mock", version: wireMockVersion }, paths };
}
