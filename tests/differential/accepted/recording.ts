import { admin } from "../cases.ts";
import { type AcceptedDifference, proxied } from "./accepted-difference.ts";

export const recordingDifferences: readonly AcceptedDifference[] = [
  {
    title: "Transformers of recordings",
    wireMock: "ignores a transformer that it does not have",
    dojang: "refuses the recording, since transformers are Java extensions that it cannot load",
    reason: "a recording that silently lacks its transformation is found out too late",
    example: [admin("POST", "/recordings/snapshot", { persist: false, transformers: ["absent"] })],
    covers: ({ request, wireMock, dojang }) =>
      request.url.startsWith("/__admin/recordings/") &&
      wireMock.status === 200 &&
      dojang.status === 422 &&
      dojang.body.includes("transformer"),
  },
  {
    title: "Targets that are no address",
    wireMock: "starts recording from a target that is no URL, and fails at every request",
    dojang: "refuses to start",
    reason: "a mistake is cheapest where it is made",
    example: [admin("POST", "/recordings/start", { targetBaseUrl: "not a url" }), admin("POST", "/recordings/stop")],
    covers: ({ request, wireMock, dojang }) =>
      request.url === "/__admin/recordings/start" &&
      wireMock.status === 200 &&
      dojang.status === 422 &&
      dojang.body.includes("targetBaseUrl"),
  },
  {
    title: "Recorded bodies that are not what the recording expects",
    wireMock: "fails the whole recording when one body is no JSON though `equalToJson` was asked for, or no XML for `equalToXml`",
    dojang: "records that one as text",
    reason: "one odd request should not cost the others",
    example: [
      proxied(),
      { method: "POST", url: "/a", body: "text" },
      admin("POST", "/recordings/snapshot", { persist: false, requestBodyPattern: { matcher: "equalToJson" } }),
    ],
    covers: ({ request, wireMock, dojang }) =>
      request.url.startsWith("/__admin/recordings/") && wireMock.status === 422 && dojang.status === 200,
  },
];
