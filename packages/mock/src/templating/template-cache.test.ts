import { expect, it } from "vitest";
import { compileTemplate } from "./compile-template.ts";
import { TemplateCache } from "./template-cache.ts";

function countingCompiler() {
  const compiled: string[] = [];
  return {
    compiled,
    compile: (source: string) => {
      compiled.push(source);
      return compileTemplate(source, () => true);
    },
  };
}

it("a template is compiled once while it is kept", () => {
  const cache = new TemplateCache({ maxEntries: 2, maxChars: 1000 });
  const { compile, compiled } = countingCompiler();
  for (const source of ["{{a}}", "{{b}}", "{{a}}", "{{b}}"]) cache.get(source, compile);
  expect(compiled).toEqual(["{{a}}", "{{b}}"]);
});

it("the one not used for longest is dropped", () => {
  const cache = new TemplateCache({ maxEntries: 2, maxChars: 1000 });
  const { compile, compiled } = countingCompiler();
  for (const source of ["{{a}}", "{{b}}", "{{a}}", "{{c}}", "{{a}}", "{{b}}"]) cache.get(source, compile);
  expect(compiled).toEqual(["{{a}}", "{{b}}", "{{c}}", "{{b}}"]);
  expect(cache.size).toBe(2);
});

it("the text it holds is bounded, and larger texts are not kept", () => {
  const cache = new TemplateCache({ maxEntries: 100, maxChars: 20 });
  const { compile, compiled } = countingCompiler();
  for (const source of ["{{aaaaaa}}", "{{bbbbbb}}", "{{c}}", "{{aaaaaa}}", `{{${"d".repeat(30)}}}`, `{{${"d".repeat(30)}}}`])
    cache.get(source, compile);
  expect(compiled).toEqual(["{{aaaaaa}}", "{{bbbbbb}}", "{{c}}", "{{aaaaaa}}", `{{${"d".repeat(30)}}}`, `{{${"d".repeat(30)}}}`]);
  expect(cache.size).toBe(2);
});

it("nothing is kept when nothing may be", () => {
  const cache = new TemplateCache({ maxEntries: 0, maxChars: 1000 });
  const { compile, compiled } = countingCompiler();
  cache.get("{{a}}", compile);
  cache.get("{{a}}", compile);
  expect(compiled.length).toBe(2);
});
