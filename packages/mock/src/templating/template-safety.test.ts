import { describe, expect, it } from "vitest";
import { exampleRequest } from "../request/example-request.ts";
import { createTemplateEngine, type TemplateEngineOptions } from "./create-template-engine.ts";
import { RenderBudget, RenderLimitError } from "./evaluation/render-budget.ts";

const request = exampleRequest({ method: "POST", url: "/x?a=1", body: "hello" });

async function rendered(
  template: string,
  options: TemplateEngineOptions = {},
): Promise<{ readonly status: number; readonly text: string }> {
  const answer = await createTemplateEngine(options).renderResponse(
    { status: 200, body: { kind: "body", text: template } },
    { request, pathParameters: undefined, parameters: { text: "str", list: [1, 2] } },
    async () => undefined,
  );
  return { status: answer.status, text: answer.body?.kind === "body" ? answer.body.text : "" };
}

/** Every text here is made of repetition, so the limits decide, not the clock. */
const steps = expect.stringMatching(/: the template takes more than \d+ steps$/);
const text = expect.stringMatching(/: the template makes more text than \d+ characters$/);

describe("a template that wants too much is answered with an error", () => {
  it.each([
    ["a list of a billion", "{{size (range 1 1000000000)}}"],
    ["loops in loops", "{{#each (range 1 2000)}}{{#each (range 1 2000)}}{{this}}{{/each}}{{/each}}"],
    ["loops that print nothing", "{{#each (range 1 3000)}}{{#each (range 1 3000)}}{{/each}}{{/each}}"],
    ["lists that hold themselves twice over, printed", doubled("{{val (array x x) assign='x'}}", "{{x}}")],
    ["lists that hold themselves twice over, as JSON", doubled("{{val (array x x) assign='x'}}", "{{toJson x}}")],
    [
      "lists that hold themselves twice over, compared",
      doubled("{{val (array x x) assign='x'}}{{val (array y y) assign='y'}}", "{{eq x y}}"),
    ],
    ["a list that grows by copying", "{{val (range 1 1000) assign='l'}}{{#each (range 1 2000)}}{{val (arrayAdd l 1) assign='l'}}{{/each}}"],
  ])("%s: too many steps", async (_title, template) => {
    expect(await rendered(template, { maxSteps: 200_000 })).toEqual({ status: 500, text: steps });
  });

  it.each([
    ["text that doubles", doubled("{{#assign 'x'}}{{x}}{{x}}{{/assign}}", "{{x}}")],
    ["padding", "{{center 'x' size=2000000000}}"],
    ["padding by format", "{{stringFormat '%0999999999d' 1}}"],
    ["random text", "{{randomValue length=2000000000}}"],
    ["replacement of nothing", `${doubled("{{#assign 'x'}}{{x}}{{x}}{{/assign}}", "", 20)}{{replace x '' x}}`],
    ["lists joined by long text", `${doubled("{{#assign 'x'}}{{x}}{{x}}{{/assign}}", "", 20)}{{join (range 1 1000) x}}`],
  ])("%s: too much text", async (_title, template) => {
    expect(await rendered(template)).toEqual({ status: 500, text });
  });

  it("bounds hold without being asked for", async () => {
    const answer = await rendered("{{#each (range 1 100000)}}{{#each (range 1 100000)}}{{/each}}{{/each}}");
    expect([answer.status, answer.text]).toEqual([500, expect.stringContaining("the template takes")]);
  });

  it("a partial that calls itself ends", async () => {
    const answer = await rendered('{{#*inline "p"}}{{> p}}{{/inline}}{{> p}}');
    expect(answer).toEqual({ status: 500, text: expect.stringMatching(/: the template nests deeper than \d+ levels$/) });
  });

  it("two partials that call each other twice end before they have grown", async () => {
    const answer = await rendered('{{#*inline "p"}}{{> q}}{{> q}}{{/inline}}{{#*inline "q"}}{{> p}}{{> p}}{{/inline}}{{> p}}');
    expect(answer.status).toBe(500);
  });

  it.each([
    ["blocks", `${"{{#if 1}}".repeat(5000)}x${"{{/if}}".repeat(5000)}`],
    ["expressions", `{{upper ${"(upper ".repeat(5000)}'x'${")".repeat(5000)}}}`],
    ["inverse blocks", `${"{{^a}}".repeat(5000)}x${"{{/a}}".repeat(5000)}`],
  ])("%s nested five thousand deep are refused", async (_title, template) => {
    expect(await rendered(template)).toEqual({ status: 500, text: expect.stringContaining("nested deeper than") });
  });

  it("a path of a hundred thousand parents finds nothing", async () => {
    expect(await rendered(`{{${"../".repeat(100_000)}x}}`)).toEqual({ status: 200, text: "" });
  });

  it("JSON nested deeper than the stack is an error, not the end of the process", async () => {
    const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
    const answer = await rendered(`{{toJson (parseJson '${deep}')}}`);
    expect(answer.status).toBe(500);
  });

  it("a budget of its own is given to each response", async () => {
    const options = { maxSteps: 5000 };
    const loop = "{{#each (range 1 500)}}{{this}}{{/each}}";
    const engine = createTemplateEngine(options);
    for (let round = 0; round < 5; round++) expect(engine.render(loop, {})).toMatch(/^123.*500$/);
    expect(await rendered(loop + loop + loop, options)).toMatchObject({ status: 500, text: steps });
  });

  it("text of the request that a regular expression is matched with cannot hold the server", async () => {
    const answer = await rendered(`{{matches '${"a".repeat(5000)}!' '(a+)+b'}}`);
    expect([answer.status, answer.text]).toSatisfy(([status, body]) => body === "false" || status === 500);
  });

  it("the clock is asked as work is done", () => {
    let now = 0;
    const budget = new RenderBudget({ maxRenderMs: 10, maxOutputChars: 1000, maxSteps: 1_000_000 }, () => now);
    budget.step(1000);
    now = 11;
    expect(() => budget.step(1000)).toThrow(RenderLimitError);
  });
});

describe("template text is never code", () => {
  it.each([
    ["{{constructor}}", ""],
    ["{{__proto__}}{{parameters.__proto__}}{{parameters.constructor.name}}", ""],
    ["{{#with parameters}}{{#with constructor}}reached{{/with}}{{/with}}", ""],
    ["{{lookup (lookup parameters.text 'constructor') 'constructor'}}", "str"],
    ["{{request.constructor}}{{request.body.constructor}}{{request.headers.constructor}}{{request.query.__proto__.x}}", ""],
    ["{{#each parameters}}{{@key}};{{/each}}", "text;list;"],
    ["{{parameters.list.map}}{{parameters.list.constructor}}{{parameters.text.replace}}{{parameters.text.valueOf}}", ""],
    ["{{#assign '__proto__'}}polluted{{/assign}}{{x}}{{toString}}", ""],
    ["{{val 'polluted' assign='constructor'}}{{constructor}}", "polluted"],
    ["{{parseJson '{\"__proto__\":{\"polluted\":1}}' 'j'}}{{j.polluted}}|{{j.__proto__.polluted}}", "|1"],
    ['{{jsonMerge \'{"a":1}\' \'{"__proto__":{"polluted":1}}\'}}', '{"a":1,"__proto__":{"polluted":1}}'],
    ["{{formData '__proto__=1&constructor=2' 'f'}}{{f.__proto__}}{{f.constructor}}", "12"],
  ])("%s reaches data only", async (template, expected) => {
    expect(await rendered(template)).toEqual({ status: 200, text: expected });
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  });

  it.each([
    "{{upper \"'); globalThis.reached = 1; ('\"}}",
    "{{request.['+globalThis.reached+']}}",
    "{{math 1 '+' \"1);process.exit(3)//\"}}",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what an attacker would write
    '{{#each (array "${globalThis.reached=1}") as |x|}}{{x}}{{/each}}',
    "{{lookup this \"constructor.constructor('globalThis.reached=1')()\"}}",
  ])("%s is text", async (template) => {
    await rendered(template);
    expect(Object.hasOwn(globalThis, "reached")).toBe(false);
  });

  it("no module of the engine makes code from text", async () => {
    const { readdir, readFile } = await import("node:fs/promises");
    const names = (await readdir(import.meta.dirname, { recursive: true })).filter(
      (name) => name.endsWith(".ts") && !name.endsWith(".test.ts"),
    );
    expect(names.length).toBeGreaterThan(40);
    for (const name of names) {
      const source = await readFile(`${import.meta.dirname}/${name}`, "utf8");
      expect(source, name).not.toMatch(/\beval\(|new Function|node:vm|from "handlebars"/);
    }
  });

  it("only permitted keys of the environment are told", async () => {
    const environment = { SECRET: "s3cret", WIREMOCK_X: "x", APP_NAME: "shop" };
    const template = "{{systemValue key='SECRET'}} {{systemValue key='WIREMOCK_X'}} {{systemValue key='APP_NAME'}}";
    expect((await rendered(template, { environment })).text).toBe(
      "[ERROR: Access to SECRET is denied] x [ERROR: Access to APP_NAME is denied]",
    );
    const permitted = { environment, permittedSystemKeys: ["app_.*"] };
    expect((await rendered(template, permitted)).text).toBe(
      "[ERROR: Access to SECRET is denied] [ERROR: Access to WIREMOCK_X is denied] shop",
    );
  });
});

function doubled(step: string, end: string, times = 60): string {
  return `{{#assign 'x'}}12345678{{/assign}}{{#assign 'y'}}12345678{{/assign}}${step.repeat(times)}${end}`;
}
