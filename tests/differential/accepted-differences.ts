import { gzipSync } from "node:zlib";
import { backendName } from "./backend.ts";
import { admin, type Step } from "./cases.ts";
import type { Difference } from "./compare-json.ts";
import { parseJson } from "./json.ts";
import type { WireAnswer } from "./wire-answer.ts";
import type { WireRequest } from "./wire-request.ts";

/** One difference between two answers to the same request. */
export interface Seen {
  readonly request: WireRequest;
  readonly wireMock: WireAnswer;
  readonly dojang: WireAnswer;
  readonly difference: Difference;
}

/** A difference that is meant to be. The table below is the only place where one may be accepted. */
export interface AcceptedDifference {
  readonly title: string;
  readonly wireMock: string;
  readonly dojang: string;
  readonly reason: string;
  /** Shows it: a test fails when these steps no longer differ in what `covers` describes. */
  readonly example: readonly Step[];
  readonly covers: (seen: Seen) => boolean;
}

const stub = (request: object, response: object = { status: 200 }, rest: object = {}) =>
  admin("POST", "/mappings", JSON.parse(JSON.stringify({ request, response, ...rest })));
const get = (url: string): WireRequest => ({ method: "GET", url });
const proxied = (response: object = {}) => stub({ urlPattern: ".*" }, { proxyBaseUrl: backendName, ...response });

export const acceptedDifferences: readonly AcceptedDifference[] = [
  {
    title: "Where WireMock itself fails",
    wireMock: "answers 500 with a page of its web server that names a Java exception, and keeps the request out of the journal",
    dojang: "answers the request as far as it can be answered, or says what is wrong in words, and journals it",
    reason: "an internal error is no behaviour that a client can rely on",
    example: [stub({ urlPath: "/a" }), get("/a?broken=%")],
    covers: ({ wireMock }) => wireMock.status === 500 && isPageOfServer(wireMock),
  },
  {
    title: "The root folder",
    wireMock: "answers 403 with a page of its web server when `GET /` meets no stub, because its folder may not be listed",
    dojang: "answers 404 with the page that names the nearest stub, as for every other address",
    reason: "a miss should look like a miss",
    example: [get("/")],
    covers: ({ wireMock, dojang }) => wireMock.status === 403 && isPageOfServer(wireMock) && dojang.status === 404,
  },
  {
    title: "Words for requests that are not HTTP",
    wireMock: "explains a 400 in an HTML page of its web server",
    dojang: "explains it in a line of text",
    reason: "status and closing of the connection are the same; nobody reads the page but people",
    example: [get("/%")],
    covers: ({ wireMock, dojang, difference }) =>
      wireMock.status === dojang.status &&
      (wireMock.body.includes("<h1>Bad Message") || isPageOfServer(wireMock)) &&
      /^(body|header (content-type|cache-control))$/.test(difference.at),
  },
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
    title: "The page for a miss and bodies",
    wireMock: "puts a line break before bodies, and leaves them out or shows them by whether that matches",
    dojang: "shows every part that did not match, and no other",
    reason: "the page is there to explain the miss",
    example: [stub({ url: "/a", bodyPatterns: [{ matches: ".*" }] }), { method: "POST", url: "/a", body: "" }],
    covers: ({ wireMock, dojang }) => {
      const lines = pageLines(dojang);
      return isMissPage(wireMock) && isMissPage(dojang) && isSubsequence(pageLines(wireMock), lines);
    },
  },
  {
    title: "The page for a miss prints conditions whole",
    wireMock: "prints the first operand of `and`, `or` and `not`, and `null` for `absent`, where cookies are concerned",
    dojang: "prints the whole condition, as WireMock does for headers",
    reason: "half a condition misleads",
    example: [stub({ url: "/a", cookies: { c: { and: [{ contains: "a" }, { contains: "b" }] } } }), get("/a")],
    covers: ({ wireMock, dojang }) =>
      isMissPage(wireMock) &&
      isMissPage(dojang) &&
      sameText(pageLines(wireMock).map(withoutCondition), pageLines(dojang).map(withoutCondition)),
  },
  {
    title: "`fromConfiguredStub` in a stub",
    wireMock: "takes `false` in a stub's response for its own note that nothing matched, and answers 404",
    dojang: "answers with the stub",
    reason: "the field is a note in answers of the admin API; nobody writes it into a stub",
    example: [stub({ url: "/a" }, { status: 200, fromConfiguredStub: false }), get("/a")],
    covers: ({ wireMock, dojang, request }) =>
      request.url === "/a" || request.url === "/r"
        ? wireMock.status === 404 && dojang.status === 200 && dojang.headers.some(({ name }) => name === "Matched-Stub-Id")
        : false,
  },
  {
    title: "`Connection: close` of a stub",
    wireMock: "sends the header twice when the client asked for it too",
    dojang: "sends it once",
    reason: "both end the connection",
    example: [stub({ url: "/a" }, { headers: { Connection: "close" } }), get("/a")],
    covers: ({ difference }) => difference.at === "header connection" && difference.wireMock === "Connection: close | Connection: close",
  },
  {
    title: "Bodies in templates",
    wireMock: "reads `request.body` of a template as UTF-8, whatever charset the request names, and writes that charset's name in capitals",
    dojang: "reads it in the request's charset, as both do for matching, and leaves headers as they were sent",
    reason: "the same body should be the same text everywhere",
    example: [
      stub({ url: "/a" }, { body: "{{request.body}}", transformers: ["response-template"] }),
      { method: "POST", url: "/a", headers: [["Content-Type", "text/plain; charset=iso-8859-1"]], body: Buffer.from("ü", "latin1") },
    ],
    covers: ({ request, difference }) =>
      (request.headers ?? []).some(([, value]) => value.includes("charset=iso-8859-1")) && difference.at === "body",
  },
  {
    title: "Methods of Java objects in templates",
    wireMock: "lets templates call methods of the Java objects behind the model, and lists them in `{{#each}}`",
    dojang: "has the properties",
    reason: "there are no Java objects",
    example: [stub({ url: "/a" }, { body: "{{#each request.method}}{{@key}}{{/each}}", transformers: ["response-template"] }), get("/a")],
    covers: ({ difference }) => difference.at === "body" && difference.wireMock.includes("hashCode"),
  },
  {
    title: "Order of the fields of `{{toJson request}}`",
    wireMock: "prints the fields in the order in which Java happens to list its methods",
    dojang: "prints the same fields in an order of its own",
    reason: "Java promises no order",
    example: [stub({ url: "/a" }, { body: "{{toJson request}}", transformers: ["response-template"] }), get("/a")],
    covers: ({ difference }) => difference.at.startsWith("body") && isSamePrint(difference.wireMock, difference.dojang),
  },
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
    title: "Zipped bodies that are proxied",
    wireMock: "unzips them and zips them anew, in chunks",
    dojang: "passes them on byte for byte",
    reason: "the target receives what the client sent",
    example: [proxied(), { method: "POST", url: "/zipped", headers: [["Content-Encoding", "gzip"]], body: gzipSync("zipped") }],
    covers: ({ wireMock, dojang, difference }) =>
      /^body\.(headers\[|body$|requests\[\d+\]\.response\.body)/.test(difference.at) && isZippedAnew(wireMock) && !isZippedAnew(dojang),
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
  {
    title: "Headers of the connection",
    wireMock: "passes `Keep-Alive`, `TE` and `Proxy-Connection` on to a proxied target",
    dojang: "keeps them, as RFC 9110 asks (section 7.6.1)",
    reason: "they are about the connection to the client and mean nothing on the next one",
    example: [
      proxied(),
      {
        method: "GET",
        url: "/a",
        headers: [
          ["Keep-Alive", "timeout=5"],
          ["TE", "trailers"],
        ],
      },
    ],
    covers: (seen) => differsOnlyInEchoed(seen, ["keep-alive", "te", "proxy-connection"]),
  },
  {
    title: "The type of a body that has none",
    wireMock: "names a chunked body without a type `application/octet-stream; charset=UTF-8` when it passes it on",
    dojang: "leaves it without one",
    reason: "what was not said is not made up",
    example: [
      proxied(),
      { method: "POST", url: "/a", headers: [["Transfer-Encoding", "chunked"]], body: Buffer.from("1\r\na\r\n0\r\n\r\n") },
    ],
    covers: (seen) => differsOnlyInEchoed(seen, ["content-type"]),
  },
  {
    title: "Headers that a proxied stub adds and removes",
    wireMock: "ignores an added `User-Agent`, and removes only headers whose names are written in lower case",
    dojang: "adds what it is told to add and removes names in any case",
    reason: "the fields say so",
    example: [
      proxied({ additionalProxyRequestHeaders: { "User-Agent": "mine" }, removeProxyRequestHeaders: ["Cookie"] }),
      { method: "GET", url: "/a", headers: [["Cookie", "a=1"]] },
    ],
    covers: (seen) => differsOnlyInEchoed(seen, ["user-agent", "cookie"]),
  },
  {
    title: "The charset of a proxied answer's type",
    wireMock: "adds `;charset=utf-8` to a type that a proxied stub sets",
    dojang: "sends the type as the stub says",
    reason: "a type that was written out is meant",
    example: [proxied({ headers: { "Content-Type": "text/stub" } }), get("/a")],
    covers: ({ difference }) => difference.at === "header content-type" && difference.wireMock === `${difference.dojang};charset=utf-8`,
  },
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
  {
    title: "Words of notes on values that a pattern cannot read",
    wireMock:
      "notes a Java message in the journal when a JSON or XML pattern meets a request without a body, or with one that it cannot read",
    dojang: "notes in words of its own what it could not read",
    reason: "type and place of the note are the same",
    example: [stub({ urlPath: "/a", queryParameters: { a: { equalToJson: "{}" } } }), get("/a"), admin("GET", "/requests")],
    covers: ({ difference: { at, wireMock, dojang } }) =>
      (at.endsWith(".data.message") &&
        /is null|XML: null|failed to (parse|evaluate) the (XML|XPath)|JSON path expression failed/.test(wireMock)) ||
      // A schema that Java's validator takes and ajv does not is noted here.
      (at.endsWith(".subEvents.length") && dojang.includes("Invalid JSON Schema")) ||
      // Names of charsets have no case (RFC 2046 4.1.2).
      (at.includes("ontent-") && wireMock.toLowerCase() === dojang.toLowerCase()),
  },
];

/** In what the backend says it received. */
function isZippedAnew({ body }: WireAnswer): boolean {
  const text = body.toString("latin1").replaceAll("\\", "");
  return text.includes('["Content-Encoding","gzip"]') && text.includes('["Transfer-Encoding","chunked"]');
}

/** Of a request that templates print. */
function isSamePrint(one: string, other: string): boolean {
  return one.includes('"requestLine" :') && sortedFields(one) === sortedFields(other);
}

function sortedFields(text: string): string {
  const lines = text.split("\n").map((line) => line.trim().replace(/,$/, ""));
  return lines
    .filter((line) => !/^"id" : /.test(line))
    .sort()
    .join();
}

/** A refusal that names its reason. */
function says({ body }: WireAnswer): boolean {
  return parseJson(body.toString("utf8")) !== undefined && body.includes('"detail"');
}

function isStubRequest({ method, url }: WireRequest): boolean {
  return method === "POST" && url === "/__admin/mappings";
}

/** Of an answer to HEAD only the headers are there to tell by. */
function isPageOfServer({ status, body, headers }: WireAnswer): boolean {
  const uncached = headers.some(({ name, value }) => name === "Cache-Control" && value === "must-revalidate,no-cache,no-store");
  return uncached || body.includes(`<h2>HTTP ERROR ${status}`);
}

function isMissPage({ status, body }: WireAnswer): boolean {
  return status === 404 && body.includes("Request was not matched");
}

/** Lines that say something; their width says nothing. */
function pageLines({ body }: WireAnswer): readonly string[] {
  return body
    .toString("utf8")
    .split(/\r?\n/)
    .map((line) => line.replace(/\s+/g, " ").trim())
    .filter((line) => line !== "" && line !== "|");
}

function withoutCondition(line: string): string {
  return line.replace(/\[(and|or|not|absent)\] [^|]*/, "[$1] ");
}

function sameText(one: readonly string[], other: readonly string[]): boolean {
  return one.join("\n") === other.join("\n");
}

function isSubsequence(part: readonly string[], whole: readonly string[]): boolean {
  let at = 0;
  for (const line of whole) if (line === part[at]) at += 1;
  return at === part.length && part.length < whole.length;
}

/** What the backend saw of the two requests is the same but for these headers. */
function differsOnlyInEchoed({ wireMock, dojang, difference }: Seen, names: readonly string[], { bodies = false } = {}): boolean {
  if (!difference.at.startsWith("body")) return false;
  const seen = [wireMock, dojang].map(({ body }) => {
    const echoed = parseJson(body.toString("utf8"));
    if (typeof echoed !== "object" || echoed === null || !("headers" in echoed) || !Array.isArray(echoed.headers)) return undefined;
    const headers = echoed.headers.filter((pair) => Array.isArray(pair) && !names.includes(String(pair[0]).toLowerCase()));
    return JSON.stringify({ ...echoed, headers, ...(bodies ? { body: "" } : {}) });
  });
  return seen[0] !== undefined && seen[0] === seen[1];
}
