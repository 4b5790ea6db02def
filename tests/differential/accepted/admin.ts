import { admin } from "../cases.ts";
import { type AcceptedDifference, stub } from "./accepted-difference.ts";

export const adminDifferences: readonly AcceptedDifference[] = [
  {
    title: "Encoded names of scenarios",
    wireMock: "takes the name in the address of a scenario as it stands there, so no client that encodes it can set its state",
    dojang: "takes the name as it stands there and, where no scenario is called that, what it encodes",
    reason: "a name with a space or a slash can be reached",
    example: [
      stub({ url: "/a" }, { status: 200 }, { scenarioName: "a/b", requiredScenarioState: "Started", newScenarioState: "two" }),
      admin("PUT", "/scenarios/a%2Fb/state", { state: "two" }),
    ],
    covers: ({ request, wireMock, dojang }) =>
      /^\/__admin\/scenarios\/[^/]*%[^/]*\/state$/.test(request.url) && wireMock.status === 404 && dojang.status === 200,
  },
  {
    title: "Bodies of requests that are only described",
    wireMock: "looks only at `bodyAsBase64` when near misses of a described request are asked for",
    dojang: "looks at `body` too",
    reason: "people write text",
    example: [
      stub({ method: "POST", url: "/a", bodyPatterns: [{ equalTo: "x" }] }),
      admin("POST", "/near-misses/request", { method: "POST", url: "/a", absoluteUrl: "http://a/a", headers: {}, body: "x" }),
    ],
    covers: ({ request, difference }) =>
      request.url === "/__admin/near-misses/request" &&
      String(request.body).includes('"body"') &&
      /\.(body|bodyAsBase64|distance)$/.test(difference.at),
  },
  {
    title: "Files outside the folder",
    wireMock: "answers 500 or the page for a miss when the admin API is asked for a file outside `__files`",
    dojang: "answers 403 or 404 and says why",
    reason: "a refusal should look like one",
    example: [{ method: "PUT", url: "/__admin/files/../outside.txt", body: "x" }],
    covers: ({ request, wireMock, dojang }) =>
      /\/__admin\/files\/.*(\.\.|%2e%2e)/i.test(request.url) && wireMock.status >= 400 && dojang.status >= 400,
  },
];
