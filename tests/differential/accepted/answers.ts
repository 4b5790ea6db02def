import type { Difference } from "../compare-json.ts";
import { rowsOfPage } from "../miss-pages.ts";
import type { WireAnswer } from "../wire-answer.ts";
import { type AcceptedDifference, get, stub } from "./accepted-difference.ts";

export const answersDifferences: readonly AcceptedDifference[] = [
  {
    title: "Where WireMock itself fails",
    wireMock: "answers 500 with a page of its web server that names a Java exception, and keeps the request out of the journal",
    dojang: "answers the request as far as it can be answered, or says what is wrong in words, and journals it",
    reason: "an internal error is no behaviour that a client can rely on",
    example: [stub({ urlPath: "/a" }), get("/a?broken=%")],
    covers: ({ wireMock, dojang }) => (wireMock.status === 500 && isPageOfServer(wireMock)) || isEmptyTag(wireMock, dojang),
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
    title: "Charsets in the type of a request",
    wireMock:
      "turns the type and charset of `application/json; charset=utf-8` and its like into `UTF-8`, so that no stub can ask for what was sent",
    dojang: "leaves the type as it was sent, and takes stubs that ask for either",
    reason: "names of charsets have no case (RFC 2046, section 4.1.2)",
    example: [
      stub({ url: "/a", headers: { "Content-Type": { equalTo: "text/plain; charset=utf-8" } } }),
      { method: "POST", url: "/a", headers: [["Content-Type", "text/plain; charset=utf-8"]], body: "x" },
    ],
    covers: ({ wireMock, dojang, difference }) =>
      isSameType(difference) || (dojang.status !== 404 && missesOnlyTheCase(wireMock.body.toString("utf8"))),
  },
];

/** It ends the connection where it compresses an answer whose ETag is empty. */
function isEmptyTag(wireMock: WireAnswer, dojang: WireAnswer): boolean {
  return wireMock.ending === "empty" && dojang.headers.some(({ name, value }) => name === "ETag" && value === "--gzip");
}

/** Of an answer to HEAD only the headers are there to tell by. */
function isPageOfServer({ status, body, headers }: WireAnswer): boolean {
  const uncached = headers.some(({ name, value }) => name === "Cache-Control" && value === "must-revalidate,no-cache,no-store");
  return uncached || body.includes(`<h2>HTTP ERROR ${status}`);
}

function isSameType({ at, wireMock, dojang }: Difference): boolean {
  const type = /(text\/(plain|html|xml|json)|application\/(json|x-www-form-urlencoded))(; ?charset=(UTF-8|ISO-8859-1))?/;
  const isPlace = /(^header |\.)content-type(\[\d+\])?$/i.test(at) || (at === "body" && type.test(wireMock));
  return isPlace && type.test(wireMock) && wireMock.toLowerCase() === dojang.toLowerCase();
}

/** A page that calls a type a mismatch for its case, and nothing else. */
function missesOnlyTheCase(page: string): boolean {
  const wrong = rowsOfPage(page)?.filter(({ mark }) => mark !== "") ?? [];
  return (
    wrong.length === 1 && wrong.every(({ left, right }) => /^content-type: /i.test(left) && left.toLowerCase() === right.toLowerCase())
  );
}
