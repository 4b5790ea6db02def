import type { Json, JsonObject } from "../json.ts";
import type { Random } from "./random.ts";

const keys = ["a", "b", "name", "items", "a.b", "", "ü", "two words"];
const texts = ["", "a", "b", "abc", "ABC", "1", "true", "null", "a b", "ünï", '"', "x\ny", "2021-06-14", "😀"];
const numbers = [0, 1, 2, -1, 1.5, 10, 100, 1e21, 0.1, 12345678901234, -0.5];

export function jsonValue(random: Random, depth = 3): Json {
  const kind = random.upTo(depth > 0 ? 10 : 5);
  if (kind === 0) return null;
  if (kind === 1) return random.once(2);
  if (kind <= 3) return random.oneOf(numbers);
  if (kind === 4) return random.oneOf(texts);
  if (kind <= 6) return random.some(random.upTo(4), () => jsonValue(random, depth - 1));
  return jsonObject(random, depth - 1);
}

export function jsonObject(random: Random, depth = 2): JsonObject {
  return Object.fromEntries(random.some(random.upTo(4), () => [random.oneOf(keys), jsonValue(random, depth)] as const));
}

/** Nearly the same value: members taken away, added, exchanged or changed. */
export function changedJson(random: Random, value: Json): Json {
  if (random.once(6)) return jsonValue(random, 1);
  if (Array.isArray(value)) {
    const items = [...(value as readonly Json[])];
    const at = random.upTo(items.length + 1);
    const what = random.upTo(4);
    if (what === 0) items.splice(at, 1);
    else if (what === 1) items.splice(at, 0, jsonValue(random, 1));
    else if (what === 2) items.reverse();
    else if (items[at] !== undefined) items[at] = changedJson(random, items[at]);
    return items;
  }
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value);
    const at = random.upTo(members.length + 1);
    const what = random.upTo(4);
    if (what === 0) members.splice(at, 1);
    else if (what === 1) members.push([random.oneOf(keys), jsonValue(random, 1)]);
    else if (what === 2) members.reverse();
    else if (members[at]) members[at] = [members[at][0], changedJson(random, members[at][1])];
    return Object.fromEntries(members);
  }
  if (typeof value === "number") return random.oneOf([value + 1, String(value), value]);
  return jsonValue(random, 0);
}

const placeholders = [
  ...["ignore", "any-string", "any-number", "any-boolean", "ignore-element"].map((name) => `\${json-unit.${name}}`),
  `\${json-unit.regex}[a-z]+`,
  "#{json-unit.any-string}",
];

/** An expected document with json-unit's placeholders at some leaves. */
export function withPlaceholders(random: Random, value: Json): Json {
  if (Array.isArray(value)) return value.map((item) => withPlaceholders(random, item));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withPlaceholders(random, item)]));
  if (!random.once(2)) return value;
  return random.oneOf(placeholders);
}

/** The same value as other writers write it: spaces, `1.0` for 1, escapes. */
export function jsonText(random: Random, value: Json): string {
  const text = JSON.stringify(value, null, random.oneOf([0, 0, 2]));
  if (random.once(6)) return text.replace(/\b1\b/, "1.0");
  if (random.once(12)) return text.slice(0, random.upTo(text.length + 1));
  if (random.once(12)) return text.replace(/"a"/, String.raw`"\u0061"`);
  return text;
}

const steps = ["a", "b", "name", "items", "*", "['a']", '["b"]', "['a','b']", "['two words']", "['a.b']"];
const indices = ["[0]", "[1]", "[-1]", "[*]", "[0:2]", "[:1]", "[-2:]", "[0,1]", "[5]"];
const filters = [
  "[?(@.a)]",
  "[?(!@.a)]",
  "[?(@.a == 1)]",
  "[?(@.a != 1)]",
  "[?(@.a > 1)]",
  "[?(@.a >= 1.5)]",
  "[?(@.a == 'abc')]",
  '[?(@.a == "abc")]',
  "[?(@.a =~ /a.*/i)]",
  "[?(@.a in ['a', 'abc', 1])]",
  "[?(@.a nin ['a'])]",
  "[?(@.a contains 'b')]",
  "[?(@.a size 2)]",
  "[?(@.a empty false)]",
  "[?(@.a && @.b)]",
  "[?(@.a || @.b == null)]",
  "[?(@ == 1)]",
  "[?(@ > 0)]",
  "[?(@.name == $.name)]",
  "[?(@.a subsetof [1,2,3])]",
  "[?(@.a anyof [1])]",
  "[?(@.a noneof [1])]",
  "[?(@.items.length() > 1)]",
  "[?(@['a'] == true)]",
  "[?(@.a == null)]",
  "[?((@.a == 1) && (@.b == 2))]",
  "[?(@.a == {'b': 1})]",
];
const functions = [
  "length()",
  "size()",
  "min()",
  "max()",
  "avg()",
  "sum()",
  "stddev()",
  "keys()",
  "first()",
  "last()",
  "index(0)",
  "append(1)",
];

export function jsonPath(random: Random): string {
  if (random.once(15)) return random.oneOf(["$", "$.", "a", "", "$..", "$[", "$.a[?(@.b", "@.a", "$.a..b", "$..*", "$.['a']", "$ .a"]);
  let path = "$";
  const length = 1 + random.upTo(3);
  for (let step = 0; step < length; step += 1) {
    const kind = random.upTo(8);
    if (kind <= 3) {
      const name = random.oneOf(steps);
      path += name.startsWith("[") ? name : `${random.once(5) ? ".." : "."}${name}`;
    } else if (kind <= 5) path += random.oneOf(indices);
    else path += (random.once(4) ? ".." : "") + random.oneOf(filters);
  }
  return random.once(6) ? `${path}.${random.oneOf(functions)}` : path;
}

export function jsonSchema(random: Random, depth = 2): Json {
  const kind = random.upTo(depth > 0 ? 14 : 8);
  const type = random.oneOf(["string", "number", "integer", "object", "array", "boolean", "null"]);
  switch (kind) {
    case 0:
      return { type };
    case 1:
      return { type: "number", minimum: random.upTo(3), exclusiveMaximum: random.oneOf<Json>([10, true, false]), maximum: 100 };
    case 2:
      return {
        type: "string",
        minLength: random.upTo(3),
        maxLength: random.upTo(6),
        pattern: random.oneOf(["^a", "[0-9]+", "^.*$", "\\d"]),
      };
    case 3:
      return { type: "string", format: random.oneOf(["date", "date-time", "email", "uri", "ipv4", "uuid", "time", "regex", "hostname"]) };
    case 4:
      return { enum: ["a", 1, null, true] };
    case 5:
      return { const: random.oneOf<Json>(["a", 1, null, [1, 2]]) };
    case 6:
      return { type: [type, "null"] };
    case 7:
      return random.oneOf<Json>([{}, true, false, { multipleOf: 0.5 }]);
    case 8:
      return { type: "array", items: jsonSchema(random, depth - 1), minItems: random.upTo(2), uniqueItems: random.once(2) };
    case 9:
      return {
        type: "object",
        properties: { a: jsonSchema(random, depth - 1), b: jsonSchema(random, depth - 1) },
        required: random.oneOf<Json>([["a"], ["a", "b"], []]),
        ...(random.once(2) ? { additionalProperties: random.oneOf<Json>([false, true, { type: "number" }]) } : {}),
      };
    case 10:
      return { [random.oneOf(["anyOf", "oneOf", "allOf"])]: [jsonSchema(random, depth - 1), jsonSchema(random, depth - 1)] };
    case 11:
      return { not: jsonSchema(random, depth - 1) };
    case 12:
      return Object.fromEntries([
        ["if", { type: "object" }],
        // biome-ignore lint/suspicious/noThenProperty: JSON Schema's keyword
        ["then", { required: ["a"] }],
        ["else", jsonSchema(random, depth - 1)],
      ]);
    default:
      return {
        $schema: random.oneOf([
          "http://json-schema.org/draft-04/schema#",
          "http://json-schema.org/draft-07/schema#",
          "https://json-schema.org/draft/2020-12/schema",
        ]),
        definitions: { thing: jsonSchema(random, 0) },
        $defs: { thing: { type: "string" } },
        type: "object",
        properties: { a: { $ref: random.oneOf(["#/definitions/thing", "#/$defs/thing"]) } },
        patternProperties: { "^b": { type: "number" } },
        minProperties: random.upTo(2),
      };
  }
}
