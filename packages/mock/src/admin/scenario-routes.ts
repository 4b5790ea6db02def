import { MappingReader } from "../mapping/mapping-reader.ts";
import { printStubMapping } from "../mapping/print-stub-mapping.ts";
import { type AdminCall, accepted, readJsonBody } from "./admin-call.ts";
import { AdminRefusal } from "./admin-refusal.ts";
import { type AdminResponse, emptyJsonAnswer, jsonAnswer } from "./admin-response.ts";
import type { AdminRoute } from "./admin-route.ts";

export const scenarioRoutes: readonly AdminRoute[] = [
  { method: "GET", path: "/scenarios", summary: "scenarios with their states and stubs", answer: listScenarios },
  { method: "POST", path: "/scenarios/reset", summary: "brings all scenarios back to Started", answer: resetScenarios },
  { method: "PUT", path: "/scenarios/{name}/state", summary: "sets the state of a scenario, or resets it", answer: setState },
];

function listScenarios({ world }: AdminCall): AdminResponse {
  const scenarios = world.stubs.scenarios().map((scenario) => ({ ...scenario, mappings: scenario.mappings.map(printStubMapping) }));
  return jsonAnswer({ scenarios });
}

function resetScenarios({ world }: AdminCall): AdminResponse {
  world.stubs.resetScenarios();
  return emptyJsonAnswer();
}

function setState(call: AdminCall): AdminResponse {
  const name = scenarioName(call);
  const state = call.request.body.length === 0 ? undefined : readState(call, name);
  try {
    if (!call.world.stubs.setScenarioState(name, state)) throw noScenario(name);
  } catch (error) {
    if (error instanceof RangeError) throw noState(name, state);
    throw error;
  }
  return emptyJsonAnswer();
}

/** Names may come encoded or, as WireMock wants them, as they are. */
function scenarioName({ world, params }: AdminCall): string {
  const given = params.name ?? "";
  if (world.stubs.scenarios().some(({ name }) => name === given)) return given;
  try {
    return decodeURIComponent(given);
  } catch {
    return given;
  }
}

function readState(call: AdminCall, name: string): string {
  const reader = new MappingReader();
  const fields = reader.object(readJsonBody(call), undefined, "the state");
  if (fields !== undefined) reader.onlyKnown(fields, undefined, new Set(["state"]), "a scenario's state");
  const state = reader.text(fields?.state, { parent: undefined, key: "state" });
  accepted(reader.result(fields));
  if (state !== undefined) return state;
  throw call.world.stubs.scenarios().some((scenario) => scenario.name === name) ? noState(name, undefined) : noScenario(name);
}

function noScenario(name: string): AdminRefusal {
  return new AdminRefusal(404, [{ code: 404, title: `Scenario ${name} does not exist` }]);
}

function noState(name: string, state: string | undefined): AdminRefusal {
  return new AdminRefusal(422, [{ code: 11, title: `Scenario ${name} does not support state ${state ?? "null"}` }]);
}
