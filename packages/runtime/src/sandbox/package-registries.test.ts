import { tmpdir } from "node:os";
import { describe, expect, test } from "vitest";
import { nodeRegistries, pythonRegistries } from "./package-registries.ts";

describe("where packages come from", () => {
  test("is the machine's npm registry, without its credentials", () => {
    const found = nodeRegistries({ registry: "https://user:secret@npm.example.test/path/" });
    expect(found.environment.npm_config_registry).toBe("https://npm.example.test/path/");
    expect(found.hosts).toContain("npm.example.test");
    expect(JSON.stringify(found)).not.toContain("secret");
  });

  test("is the public registry when the machine says nothing", () => {
    expect(nodeRegistries({}).environment.npm_config_registry).toBe("https://registry.npmjs.org/");
  });

  test("is pip's index, and folders of the machine are shown", async () => {
    const found = await pythonRegistries({ "index-url": ["https://u:p@pypi.example.test/simple"], "find-links": [tmpdir(), "/not/there"] });
    expect(found.environment.PIP_INDEX_URL).toBe("https://pypi.example.test/simple");
    expect(found.hosts).toContain("pypi.example.test");
    expect(found.readOnlyPaths).toEqual([{ path: tmpdir(), kind: "folder" }]);
  });
});
