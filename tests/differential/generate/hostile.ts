import type { StubCase } from "../cases.ts";
import type { Json, JsonObject } from "../json.ts";
import type { WireRequest } from "../wire-request.ts";

/** What is written to make a server work long, hold much, recurse deep or reach out. Each must be answered soon, whatever the answer is. */
export interface HostileCase extends StubCase {
  readonly title: string;
}

const many = "a".repeat(40);
const deep = (levels: number, open: string, close: string) => `${open.repeat(levels)}${close.repeat(levels)}`;
const wide = (count: number, make: (index: number) => Json): readonly Json[] => Array.from({ length: count }, (_, index) => make(index));

const body = (title: string, pattern: JsonObject, ...bodies: readonly string[]): HostileCase => ({
  title,
  stubs: [{ request: { url: "/hostile", bodyPatterns: [pattern] }, response: { status: 200 } }],
  requests: bodies.map((text) => ({ method: "POST", url: "/hostile", body: text })),
});

const template = (title: string, text: string, request: Partial<WireRequest> = {}): HostileCase => ({
  title,
  stubs: [{ request: { urlPath: "/hostile" }, response: { status: 200, body: text, transformers: ["response-template"] } }],
  requests: [{ method: "POST", url: "/hostile", body: "a body", ...request }],
});

const regexes = [
  "(a+)+$",
  "(a|aa)+$",
  "(a*)*b",
  "(.*)*(.*)*x",
  "(x+x+)+y",
  "([a-zA-Z]+)*!",
  "(a?){30}a{30}",
  "((a{1,100}){1,100}){1,100}b",
  "(?=(a+)+$)a*b",
  "(a+)+\\1b",
  "(?<!(a+)+)b",
  "^(([a-z])+.)+[A-Z]([a-z])+$",
  "(a|a?)+b",
  `${"(".repeat(2000)}a${")".repeat(2000)}`,
  "a{0,2147483647}",
  "a{99999}{99999}",
  `[${"a-z".repeat(20_000)}]`,
  `${"a|".repeat(20_000)}b`,
];

const xmlBomb = `<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">${Array.from(
  { length: 12 },
  (_, index) => `<!ENTITY ${"b".repeat(index + 1)} "${`&${index === 0 ? "a" : "b".repeat(index)};`.repeat(10)}">`,
).join("")}]><l>&${"b".repeat(12)};</l>`;
const xmlFile = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY f SYSTEM "file:///etc/passwd">]><l>&f;</l>';

export const hostileCases: readonly HostileCase[] = [
  ...regexes.flatMap((matches) => [
    body(`the regular expression ${matches.slice(0, 40)}`, { matches }, `${many}!`, `${many}${many}b`, "x".repeat(5000)),
    {
      title: `the address pattern ${matches.slice(0, 40)}`,
      stubs: [{ request: { urlPattern: `/${matches}`, headers: { "X-Many": { matches } } }, response: { status: 200 } }],
      requests: [{ method: "GET", url: `/${many}!`, headers: [["X-Many", `${many}!`]] as const }],
    },
  ]),
  body(
    "a path over everything below everything",
    { matchesJsonPath: "$..*..*..*..*" },
    JSON.stringify(wide(30, () => wide(30, (index) => ({ a: index })))),
    deep(900, "[", "]"),
  ),
  body(
    "a path with a slow regular expression",
    { matchesJsonPath: "$..[?(@.a =~ /(a+)+$/)]" },
    JSON.stringify(wide(50, () => ({ a: `${many}!` }))),
  ),
  body("a path of ten thousand steps", { matchesJsonPath: `$${"..a".repeat(10_000)}` }, '{"a":{"a":1}}'),
  body("a path of nested filters", { matchesJsonPath: `$${"[?(@.a".repeat(500)}${")]".repeat(500)}` }, '{"a":1}'),
  body(
    "JSON a hundred thousand levels deep",
    { equalToJson: "[]", ignoreExtraElements: true, ignoreArrayOrder: true },
    deep(100_000, "[", "]"),
    deep(100_000, '{"a":', "}").replace("}", "1}"),
  ),
  body(
    "arrays in any order",
    { equalToJson: wide(300, (index) => ({ a: index % 3, b: [index % 2] })), ignoreArrayOrder: true, ignoreExtraElements: true },
    JSON.stringify(wide(300, (index) => ({ a: index % 3, b: [1, 0], c: index }))),
  ),
  body(
    "a number of a million digits",
    { equalToJson: { a: 1 } },
    `{"a":${"9".repeat(1_000_000)}}`,
    '{"a":1e999999999}',
    '{"a":1e-999999999}',
  ),
  body(
    "an XPath over everything, again and again",
    { matchesXPath: "count(//*//*//*//*[count(//*) > 1]) > 5" },
    `<r>${"<a><b><c/></b></a>".repeat(60)}</r>`,
  ),
  body("an XPath a thousand levels deep", { matchesXPath: `${"(".repeat(1000)}/a${")".repeat(1000)}` }, "<a/>"),
  body("entities that grow", { equalToXml: "<l/>" }, xmlBomb),
  body("entities that grow, by XPath", { matchesXPath: "//l" }, xmlBomb),
  body("a file as an entity", { matchesXPath: { expression: "//l/text()", contains: "root:" } }, xmlFile),
  body("XML fifty thousand levels deep", { equalToXml: "<a/>" }, deep(50_000, "<a>", "</a>")),
  body(
    "XML of ten thousand siblings in any order",
    { equalToXml: `<r>${"<a/><b/>".repeat(1000)}</r>`, ignoreOrderOfSameNode: true },
    `<r>${"<b/><a/>".repeat(1000)}</r>`,
  ),
  body("an attribute a million characters long", { equalToXml: "<a/>" }, `<a b="${"x".repeat(1_000_000)}"/>`),
  body("a schema that names itself", { matchesJsonSchema: { $ref: "#" } }, "1", "{}"),
  body(
    "schemas that name each other",
    {
      matchesJsonSchema: {
        allOf: [{ $ref: "#/definitions/a" }],
        definitions: { a: { anyOf: [{ $ref: "#/definitions/b" }] }, b: { allOf: [{ $ref: "#/definitions/a" }] } },
      },
    },
    "1",
  ),
  body("a schema on another host", { matchesJsonSchema: { $ref: "http://127.0.0.1:1/schema.json" } }, "1"),
  body("a schema in a file", { matchesJsonSchema: { $ref: "file:///etc/passwd" } }, "1"),
  body("a schema with a slow pattern", { matchesJsonSchema: { type: "string", pattern: "^(a+)+$" } }, `"${many}!"`),
  body(
    "a schema with slow property names",
    { matchesJsonSchema: { type: "object", patternProperties: { "^(a+)+$": { type: "number" } } } },
    `{"${many}!":1}`,
  ),
  body(
    "a schema of a thousand choices, nested",
    { matchesJsonSchema: { anyOf: wide(200, () => ({ oneOf: wide(20, (index) => ({ minimum: index })) })) } },
    "1",
  ),
  body("a schema five thousand levels deep", { matchesJsonSchema: `${'{"not":'.repeat(5000)}{}${"}".repeat(5000)}` }, "1"),
  body(
    "ten thousand different items",
    { matchesJsonSchema: { type: "array", uniqueItems: true } },
    JSON.stringify(wide(10_000, (index) => ({ a: index }))),
  ),
  body("offsets beyond the calendar", { before: "now +999999999999999 years" }, "2021-01-01T00:00:00Z"),
  body("a date format of a hundred thousand letters", { before: "2021-01-01T00:00:00Z", actualFormat: "y".repeat(100_000) }, "2021"),
  body("a date of many digits", { before: "2021-01-01T00:00:00Z" }, `${"9".repeat(100_000)}-01-01T00:00:00Z`, "+999999999-12-31T23:59:59Z"),
  body("conditions nested a thousand deep", JSON.parse(`${'{"not":'.repeat(1000)}{"equalTo":"a"}${"}".repeat(1000)}`), "a"),
  body("ten thousand alternatives", { or: wide(10_000, (index) => ({ equalTo: `${index}` })) }, "none"),
  body("base64 that is none", { binaryEqualTo: "%%%%" }, "x"),
  template("a range without end", "{{#each (range 0 2000000000)}}x{{/each}}"),
  template("loops in loops", "{{#each (range 0 3000)}}{{#each (range 0 3000)}}{{#each (range 0 3000)}}x{{/each}}{{/each}}{{/each}}"),
  template("a text of a billion characters", "{{randomValue length=1000000000 type='ALPHANUMERIC'}}"),
  template("padding to a billion characters", "{{ljust 'x' size=1000000000}}{{rjust 'x' size=1000000000}}{{center 'x' size=1000000000}}"),
  template(
    "a slow regular expression",
    `{{regexExtract '${many}!' '(a+)+$'}}{{matches '${many}!' '(a|aa)+$'}}{{replace '${many}!' '(a+)+$' 'x'}}`,
  ),
  template("blocks five thousand deep", `${"{{#if request}}".repeat(5000)}x${"{{/if}}".repeat(5000)}`),
  template("calls five thousand deep", `{{${"(upper ".repeat(5000)}'x'${")".repeat(5000)}}}`),
  template("a million braces", "{".repeat(1_000_000)),
  template("a template of a megabyte", "{{request.method}}".repeat(60_000)),
  template(
    "a path into the prototype",
    "{{request.constructor}}{{request.__proto__}}{{constructor.constructor}}{{lookup request 'constructor'}}{{request.toString}}",
  ),
  template("JSON deep inside a template", `{{jsonPath '${deep(10_000, "[", "]")}' '$..*'}}`),
  template("XML that grows inside a template", "{{xPath request.body '//l'}}{{formatXml request.body}}", { body: xmlBomb }),
  template("XML with a file inside a template", "{{xPath request.body '//l/text()'}}", { body: xmlFile }),
  template("a number format of a hundred thousand marks", `{{numberFormat 1 '${"#".repeat(100_000)}'}}`),
  template(
    "a date offset beyond the calendar",
    "{{now offset='999999999999 years'}}{{date (now) format='yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy'}}",
  ),
  template("an array that grows", "{{assign 'a' 'x'}}{{#each (range 1 100000)}}{{assign 'a' (join a a '')}}{{/each}}{{a}}"),
  template("a JSON array that grows", "{{#each (range 1 100000)}}{{jsonArrayAdd '[]' '[1]' maxItems=1000000000}}{{/each}}"),
  template("a variable that is its own partial", "{{#*inline 'p'}}{{> p}}{{/inline}}{{> p}}"),
  template("words to wrap", `{{wordWrap '${"a ".repeat(50_000)}' 1}}`),
  {
    title: "ten thousand parts",
    stubs: [{ request: { url: "/hostile", multipartPatterns: [{ bodyPatterns: [{ equalTo: "none" }] }] }, response: {} }],
    requests: [
      {
        method: "POST",
        url: "/hostile",
        headers: [["Content-Type", "multipart/form-data; boundary=x"]],
        body: `${'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n'.repeat(10_000)}--x--\r\n`,
      },
    ],
  },
  {
    title: "ten thousand query parameters and form fields",
    stubs: [
      { request: { urlPath: "/hostile", queryParameters: { z: { equalTo: "1" } }, formParameters: { z: { equalTo: "1" } } }, response: {} },
    ],
    requests: [
      {
        method: "POST",
        url: `/hostile?${"a=1&".repeat(5000)}`,
        headers: [["Content-Type", "application/x-www-form-urlencoded"]],
        body: "a=1&".repeat(100_000),
      },
    ],
  },
  {
    title: "an address template of a thousand variables",
    stubs: [
      {
        request: {
          urlPathTemplate: wide(1000, (index) => `{v${index}}`)
            .join("/")
            .replace(/^/, "/"),
        },
        response: {},
      },
    ],
    requests: [{ method: "GET", url: `/${"a/".repeat(999)}a` }],
  },
  {
    title: "a billion chunks",
    stubs: [
      { request: { url: "/hostile" }, response: { body: "abc", chunkedDribbleDelay: { numberOfChunks: 1_000_000_000, totalDuration: 1 } } },
    ],
    requests: [{ method: "GET", url: "/hostile" }],
  },
  {
    title: "headers beyond the limit",
    stubs: [],
    requests: [
      {
        method: "GET",
        url: "/hostile",
        headers: wide(3000, (index) => `X-${index}`).map((name) => [String(name), "v".repeat(100)] as const),
      },
    ],
  },
  {
    title: "names that JavaScript knows",
    stubs: [
      {
        request: {
          urlPath: "/hostile",
          headers: JSON.parse('{"__proto__":{"equalTo":"a"},"constructor":{"absent":true}}'),
          queryParameters: JSON.parse('{"toString":{"absent":true}}'),
        },
        response: {
          headers: JSON.parse('{"__proto__":"a","constructor":"b"}'),
          transformerParameters: JSON.parse('{"__proto__":{"polluted":true}}'),
        },
        metadata: JSON.parse('{"__proto__":{"polluted":true}}'),
      },
    ],
    requests: [{ method: "GET", url: "/hostile?__proto__=1&constructor=2&toString=3", headers: [["__proto__", "a"]] as const }],
  },
];
