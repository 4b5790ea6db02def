import type { MockWorld } from "../contract.ts";
import type { MockRequest } from "../request/mock-request.ts";
import { toRefusal } from "./admin-refusal.ts";
import { type AdminResponse, emptyAnswer, refusalAnswer } from "./admin-response.ts";
import { type AdminRoute, createRouter } from "./admin-route.ts";
import { corsHeaders, preflightAnswer } from "./cross-origin.ts";
import { createDocsRoutes } from "./docs-routes.ts";
import { fileRoutes } from "./file-routes.ts";
import { guardAdmin } from "./guard-admin.ts";
import { listStubs, mappingRoutes } from "./mapping-routes.ts";
import { nearMissRoutes } from "./near-miss-routes.ts";
import { recordingRoutes } from "./recording-routes.ts";
import { requestRoutes } from "./request-routes.ts";
import { scenarioRoutes } from "./scenario-routes.ts";
import { serverRoutes } from "./server-routes.ts";
import { settingsRoutes } from "./settings-routes.ts";

/**
 * The admin API: WireMock 3.13's routes, status codes and shapes of answers. A table of routes, a family of them per file; what
 * they refuse is thrown as an AdminRefusal or a Problem and becomes an answer here.
 */
const described: readonly AdminRoute[] = [
  { method: "GET", path: "/", summary: "all stubs", answer: listStubs },
  ...mappingRoutes,
  ...fileRoutes,
  ...scenarioRoutes,
  ...nearMissRoutes,
  ...requestRoutes,
  ...recordingRoutes,
  ...settingsRoutes,
  ...serverRoutes,
];

const findRoute = createRouter([...described, ...createDocsRoutes(described)]);

/** Answers one request to the admin API. Never rejects: what goes wrong becomes an answer. */
export async function handleAdmin(world: MockWorld, request: MockRequest): Promise<AdminResponse> {
  if (request.path === root) return redirectToRoot(request);
  const preflight = preflightAnswer(request);
  if (preflight !== undefined) return preflight;
  const answer = guardAdmin(world.options, request) ?? (await route(world, request));
  return { ...answer, headers: [...corsHeaders(request), ...answer.headers] };
}

async function route(world: MockWorld, request: MockRequest): Promise<AdminResponse> {
  const found = findRoute(request.method, request.path.slice(root.length));
  if (found === undefined) return emptyAnswer(404);
  try {
    return await found.route.answer({ world, request, params: found.params });
  } catch (error) {
    return refusalAnswer(toRefusal(error));
  }
}

function redirectToRoot(request: MockRequest): AdminResponse {
  const origin = request.absoluteUrl.slice(0, -request.url.length);
  const location = `${origin}${root}/${request.url.slice(root.length)}`;
  return { status: 302, headers: [{ name: "Location", value: location }], body: Buffer.alloc(0) };
}

const root = "/__admin";
