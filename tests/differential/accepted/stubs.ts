import { admin } from "../cases.ts";
import { parseJson } from "../json.ts";
import type { WireAnswer } from "../wire-answer.ts";
import type { WireRequest } from "../wire-request.ts";
import { type AcceptedDifference, get, stub } from "./accepted-difference.ts";

export const stubsDifferences: readonly AcceptedDifference[] = [
  {
    title: "Words of refusals",
    wireMock: "names Java classes in the title or detail of an error",
    dojang: "names the field, the value seen and what to write instead",
    reason: "status, code and pointer are the same; the words that WireMock's own tests look for are kept",
    example: [stub({ url: "/a", unknown: 1 })],
    covers: ({ wireMock, dojang, difference }) =>
      wireMock.status === dojang.status && wireMock.status === 422 && /^body\.errors\[\d+\]\.(title|detail)$/.test(difference.at),
  },
  {
    title: "Every mistake of a stub at once",
    wireMock: "answers with the first mistake it meets",
    dojang: "answers with all of them",
    reason: "one round of corrections instead of many",
    example: [stub({ url: "/a", unknown: 1, other: 2 })],
    covers: ({ wireMock, dojang, difference }) =>
      wireMock.status === 422 && dojang.status === 422 && /^body\.errors(\.length|\[\d+\]\.source)/.test(difference.at),
  },
  {
    title: "Stubs that cannot be meant",
    wireMock: "takes a stub whose status is none that HTTP has, whose pattern can never be read, or whose fields mean nothing",
    dojang: "refuses it when it is made, and says why",
    reason: "a mistake is cheapest where it is made",
    example: [stub({ url: "/a" }, { status: 99 })],
    covers: ({ request, wireMock, dojang }) => isStubRequest(request) && wireMock.status === 201 && dojang.status === 422 && says(dojang),
  },
  {
    title: "Listeners that nobody knows",
    wireMock: "passes over a listener of a name it does not know",
    dojang: "notes in the journal that there is none",
    reason: "a webhook with a misspelt name is hard to find otherwise",
    example: [
      admin("POST", "/mappings", { request: { url: "/a" }, response: {}, serveEventListeners: [{ name: "webhok", parameters: {} }] }),
      get("/a"),
      admin("GET", "/requests"),
    ],
    covers: ({ difference }) => difference.at.endsWith(".subEvents.length") && difference.dojang.includes("There is no listener named"),
  },
  {
    title: "Notes that quote Java",
    wireMock: "notes what Java says where a JSON path or a schema makes its libraries stumble: of classes, casts and addresses",
    dojang: "notes in words what cannot be evaluated",
    reason: "there are no Java objects; type and place of the note are the same",
    example: [
      stub({ url: "/a", bodyPatterns: [{ matchesJsonPath: "$[?(@.a empty false)]" }] }),
      { method: "POST", url: "/a", body: '[{"a": {"b": 1}}]' },
      admin("GET", "/requests"),
    ],
    covers: ({ difference: { at, wireMock, dojang } }) =>
      /\.data\.(message|errors\[0\]\.detail)$/.test(at) && quotesJava(wireMock) && beforeReason(wireMock) === beforeReason(dojang),
  },
  {
    title: "Words for XML that breaks off",
    wireMock: "says one thing or another of an XML document that ends too soon, by where the buffer of Java's parser ends",
    dojang: "says of most that they have to end where they began",
    reason: "both say that the document breaks off",
    example: [
      stub({ url: "/a", bodyPatterns: [{ equalToXml: "<a/>" }] }),
      { method: "POST", url: "/a", body: `<root xmlns:n="urn:n" k="v"><n:b n:k="v">${"a".repeat(40)}</n:b><n:` },
      admin("GET", "/requests"),
    ],
    covers: ({ difference: { at, wireMock, dojang } }) => at.endsWith(".data.message") && breaksOff(wireMock) && breaksOff(dojang),
  },
];

/** A refusal that names its reason. */
function says({ body }: WireAnswer): boolean {
  return parseJson(body.toString("utf8")) !== undefined && body.includes('"detail"');
}

function isStubRequest({ method, url }: WireRequest): boolean {
  return method === "POST" && url === "/__admin/mappings";
}

function quotesJava(text: string): boolean {
  return text.includes(" cannot be cast to class ") || text === '"URI is not absolute"';
}

function beforeReason(text: string): string {
  return /^.* because of error '/.exec(text)?.[0] ?? "";
}

function breaksOff(text: string): boolean {
  return /^"(XML document structures must start and end|Premature end of file|Element or attribute .* do not match QName)/.test(text);
}
