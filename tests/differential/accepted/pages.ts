import { isBody, isClientOrScenario, isCondition, isSamePage, missPagesOf, ownRows, type Row } from "../miss-pages.ts";
import { type AcceptedDifference, get, type Seen, stub } from "./accepted-difference.ts";

export const pagesDifferences: readonly AcceptedDifference[] = [
  {
    title: "The page for a miss and bodies",
    wireMock: "puts a line break before bodies, and leaves them out or shows them by whether that matches; prints the address of bytes",
    dojang: "shows every body that did not match, and no other; prints bytes as Base64",
    reason: "the page is there to explain the miss",
    example: [stub({ url: "/a", bodyPatterns: [{ matches: ".*" }] }), { method: "POST", url: "/a", body: "" }],
    covers: (seen) => isSameBut(seen, isBody),
  },
  {
    title: "The page for a miss prints conditions whole",
    wireMock: "prints the first operand of `and`, `or` and `not`, and `null` for `absent`, of cookies and path parameters",
    dojang: "prints the whole condition, as WireMock does for headers",
    reason: "half a condition misleads",
    example: [stub({ url: "/a", cookies: { c: { and: [{ contains: "a" }, { contains: "b" }] } } }), get("/a")],
    covers: (seen) => isSameBut(seen, isCondition),
  },
  {
    title: "The page for a miss marks what did not match",
    wireMock: "says of every client address and every scenario that it does not match",
    dojang: "says so where it does not",
    reason: "a mark where nothing is wrong misleads",
    example: [stub({ url: "/a", clientIp: { equalTo: "127.0.0.1" } }), get("/b")],
    covers: (seen) => isSameBut(seen, isClientOrScenario),
  },
  {
    title: "The page for a miss and charsets",
    wireMock: "shows bodies as if they were UTF-8, and types of requests with the charset in capitals",
    dojang: "shows bodies in the request's charset, and types as they were sent",
    reason: "the page should show what is compared",
    example: [
      stub({ url: "/a", bodyPatterns: [{ equalTo: "x" }] }),
      { method: "POST", url: "/a", headers: [["Content-Type", "text/plain; charset=iso-8859-1"]], body: Buffer.from("ü", "latin1") },
    ],
    covers: (seen) => {
      const pages = missPagesOf(seen);
      return pages?.isPlain === true && isSamePage(pages);
    },
  },
];

/** Pages that are the same but for what is accepted of pages, of which this is a part. */
function isSameBut(seen: Seen, isAccepted: (row: Row) => boolean): boolean {
  const pages = missPagesOf(seen);
  if (pages === undefined || !isSamePage(pages)) return false;
  const { wireMock, dojang } = pages;
  return [...ownRows(wireMock, dojang), ...ownRows(dojang, wireMock)].some(isAccepted);
}
