import { expect, test } from "vitest";
import { createRandom } from "../generator/random.ts";
import { compileTemplate, type Values } from "./template.ts";

function values(known: Readonly<Record<string, string>> = {}, seed = 1): Values {
  let count = 0;
  return { value: (name) => known[name], random: createRandom(seed), count: () => count++, nowMs: () => 1_700_000_000_123.9 };
}

test("a text without placeholders is fixed", () => {
  const template = compileTemplate("/lists?a=$1&b={c}");
  expect(template.fixed).toBe("/lists?a=$1&b={c}");
  expect(template.render(values())).toBe("/lists?a=$1&b={c}");
});

test("names are replaced wherever they stand, spaces inside are nothing", () => {
  const template = compileTemplate("/${a}/x/${ b }-${env.TOKEN}");
  expect(template.fixed).toBeUndefined();
  expect(template.names).toEqual(["a", "b", "env.TOKEN"]);
  expect(template.render(values({ a: "1", b: "2", "env.TOKEN": "t" }))).toBe("/1/x/2-t");
});

test("a name without a value is nothing", () => {
  expect(compileTemplate("[${nobody}]").render(values())).toBe("[]");
});

test("two dollars write the placeholder itself", () => {
  expect(compileTemplate("$${a} ${a}").render(values({ a: "1" }))).toBe("${a} 1");
});

test("what is random comes from the seed alone, in its bounds", () => {
  const text = "${random.int(5,7)} ${random.int(3)} ${random.text(6)} ${random.uuid}";
  const rendered = compileTemplate(text).render(values({}, 7));
  expect(rendered).toMatch(/^[567] [0-3] [a-z0-9]{6} [0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(compileTemplate(text).render(values({}, 7))).toBe(rendered);
  expect(compileTemplate(text).render(values({}, 8))).not.toBe(rendered);
});

test("the counter counts each time, now is whole milliseconds or ISO", () => {
  const template = compileTemplate("${counter}${counter} ${now} ${now.iso}");
  expect(template.render(values())).toBe("01 1700000000123 2023-11-14T22:13:20.123Z");
});

test.each([
  ["${random.dice}", /neither a name nor one of random\.uuid/],
  ["${}", /neither a name/],
  ["${a b}", /neither a name/],
  ["${random.int(7,5)}", /second number must not be below/],
  ["${random.text(10001)}", /at most 10000/],
])("%s is refused in words", (text, message) => {
  expect(() => compileTemplate(text)).toThrow(message);
});
