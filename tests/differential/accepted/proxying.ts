import { gzipSync } from "node:zlib";
import { parseJson } from "../json.ts";
import type { WireAnswer } from "../wire-answer.ts";
import { type AcceptedDifference, get, proxied, type Seen } from "./accepted-difference.ts";

export const proxyingDifferences: readonly AcceptedDifference[] = [
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
];

/** In what the backend says it received. */
function isZippedAnew({ body }: WireAnswer): boolean {
  const text = body.toString("latin1").replaceAll("\\", "");
  return text.includes('["Content-Encoding","gzip"]') && text.includes('["Transfer-Encoding","chunked"]');
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
