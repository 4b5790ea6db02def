import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fillPrompt, loadPrompt } from "./prompt-file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dojang-judge-prompt-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string) => writeFileSync(join(folder, name), text);

test("every prompt that is shipped says itself which it is", async () => {
  const files = readdirSync(join(import.meta.dirname, "../../prompts"));
  expect(files.length).toBeGreaterThanOrEqual(5);
  for (const file of files) {
    const [, name = "", version = ""] = /^(.+)\.v(\d+)\.md$/.exec(file) ?? [];
    expect(await loadPrompt(name, Number(version))).toMatchObject({
      name,
      version: Number(version),
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  }
});

test("places are filled once: what is put in is no place, and a place without a value is an error", async () => {
  write("a.v2.md", "---\nname: a\nversion: 2\noutput: part\n---\nOf {{topic}}: {{rules}}\n");
  const prompt = await loadPrompt("a", 2, folder);
  expect(fillPrompt(prompt, { topic: "{{rules}} $&", rules: "none" })).toBe("Of {{rules}} $&: none");
  expect(() => fillPrompt(prompt, { topic: "x" })).toThrow("{{rules}}");
  expect(() => fillPrompt(prompt, { topic: "x", rules: "y", more: "z" })).toThrow("{{more}}");
});

test("a changed text has another hash; a file that says it is another one is refused", async () => {
  const text = "---\nname: a\nversion: 1\noutput: part\n---\nOne.\n";
  write("a.v1.md", text);
  const { hash } = await loadPrompt("a", 1, folder);
  write("a.v1.md", text.replace("One", "Two"));
  expect((await loadPrompt("a", 1, folder)).hash).not.toBe(hash);
  write("a.v3.md", text);
  await expect(loadPrompt("a", 3, folder)).rejects.toMatchObject({ code: "prompt-unreadable", message: expect.stringContaining("a.v1") });
  write("b.v1.md", "no front matter");
  await expect(loadPrompt("b", 1, folder)).rejects.toMatchObject({ code: "prompt-unreadable" });
  await expect(loadPrompt("c", 1, folder)).rejects.toMatchObject({ code: "prompt-unreadable" });
});
