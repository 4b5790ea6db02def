import { Problem } from "@dojang/model";
import { expect, it } from "vitest";
import { createTemplateEngine } from "./create-template-engine.ts";

it("a permitted key that is no regular expression is refused with what to write", () => {
  expect(() => createTemplateEngine({ permittedSystemKeys: ["OK", "("] })).toThrow(Problem);
  expect(() => createTemplateEngine({ permittedSystemKeys: ["("] })).toThrow(/`permittedSystemKeys` must be regular expressions, got "\("/);
});

it("a permitted key has to be the whole name, in any case", () => {
  const engine = createTemplateEngine({ permittedSystemKeys: ["APP_[A-Z]"], environment: { app_x: "1", APP_XY: "2" } });
  expect(engine.render("{{systemValue key='app_x'}} {{systemValue key='APP_XY'}}", {})).toBe("1 [ERROR: Access to APP_XY is denied]");
});

it("what objects of JavaScript inherit is no environment", () => {
  const engine = createTemplateEngine({ permittedSystemKeys: [".*"], environment: {} });
  expect(engine.render("{{systemValue key='constructor' default='none'}}{{systemValue key='toString'}}", {})).toBe("none");
});
