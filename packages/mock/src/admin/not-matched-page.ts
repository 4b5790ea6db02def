import type { RenderNotMatched } from "../contract.ts";
import { explainMiss } from "../matching/explain-miss.ts";
import { nearestStubs } from "../matching/near-misses.ts";
import { renderDiff } from "../matching/render-diff.ts";
import { textAnswer } from "./admin-response.ts";

/** What a client reads when nothing answers: the nearest stub and the request side by side. */
export const renderNotMatched: RenderNotMatched = (world, request) => {
  const [nearest] = nearestStubs(request, world.stubs.prepared(), 1);
  const stub = nearest?.stub;
  if (stub === undefined) return notFoundPage("No response could be served as there are no stub mappings in this WireMock instance.");
  const scenario = world.stubs.scenarios().find(({ name }) => name === stub.scenarioName);
  return notFoundPage(renderDiff(explainMiss(stub, request, scenario?.state), widthOf(request.header("X-WireMock-Console-Width")[0])));
};

function notFoundPage(text: string) {
  return textAnswer({ text, contentType: "text/plain;charset=UTF-8", status: 404 });
}

function widthOf(header: string | undefined): number | undefined {
  return header === undefined || !/^\d{1,6}$/.test(header) ? undefined : Number(header);
}
