import { admin } from "../cases.ts";
import { namesLatin1 } from "../miss-pages.ts";
import { type AcceptedDifference, get, stub } from "./accepted-difference.ts";

export const templatesDifferences: readonly AcceptedDifference[] = [
  {
    title: "Bodies that are not in UTF-8",
    wireMock: "reads the body as UTF-8, whatever charset the request names, for `request.body` of a template and the page for a miss",
    dojang: "reads it in the request's charset, as both do for matching",
    reason: "the same body should be the same text everywhere",
    example: [
      stub({ url: "/a" }, { body: "{{request.body}}", transformers: ["response-template"] }),
      { method: "POST", url: "/a", headers: [["Content-Type", "text/plain; charset=iso-8859-1"]], body: Buffer.from("ü", "latin1") },
    ],
    covers: ({ request, difference: { at, wireMock, dojang } }) =>
      at === "body" && namesLatin1(request) && withoutUmlauts(wireMock) === withoutUmlauts(dojang),
  },
  {
    title: "Methods of Java objects in templates",
    wireMock: "lets templates call methods of the Java objects behind the model, and lists them in `{{#each}}`",
    dojang: "has the properties",
    reason: "there are no Java objects",
    example: [stub({ url: "/a" }, { body: "{{#each request.method}}{{@key}}{{/each}}", transformers: ["response-template"] }), get("/a")],
    covers: ({ difference: { at, wireMock } }) => /^(body|header )/.test(at) && /hashCode|getBaseUrlgetUrl/.test(wireMock),
  },
  {
    title: "Line breaks in rendered headers",
    wireMock: "sends spaces in place of line breaks that a template makes, and journals the line breaks",
    dojang: "journals what it sends",
    reason: "the journal should say what the client was given",
    example: [
      stub({ url: "/a" }, { headers: { "X-A": "{{formatJson request.body}}" }, transformers: ["response-template"] }),
      { method: "POST", url: "/a", body: '{"a":1}' },
      admin("GET", "/requests"),
    ],
    covers: ({ difference: { at, wireMock, dojang } }) =>
      /^body\.requests\[\d+\]\.response(Definition)?\.headers\./.test(at) && wireMock.replace(/\\[rn]/g, " ") === dojang,
  },
  {
    title: "Order of the fields of `{{toJson request}}`",
    wireMock: "prints the fields in the order in which Java happens to list its methods",
    dojang: "prints the same fields in an order of its own",
    reason: "Java promises no order",
    example: [stub({ url: "/a" }, { body: "{{toJson request}}", transformers: ["response-template"] }), get("/a")],
    covers: ({ difference }) => difference.at.startsWith("body") && isSamePrint(difference.wireMock, difference.dojang),
  },
];

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

function withoutUmlauts(text: string): string {
  return text.replace(/[^\0-\x7f]+| +(?=<<<<<)/g, "").toLowerCase();
}
