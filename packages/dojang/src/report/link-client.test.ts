import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runInNewContext, Script } from "node:vm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { linkClient } from "./link-client.ts";

describe("linking the page's modules", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "dojang-link-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const module = (name: string, source: string): void => writeFileSync(join(folder, name), source);

  it("makes one script of what the report needs, without imports", () => {
    const script = linkClient(join(import.meta.dirname, "client", "main.ts"));
    expect(script).not.toMatch(/^\s*(?:import|export) /m);
    expect(() => new Script(script)).not.toThrow();
  });

  it("puts needed modules first, once, and strips types", () => {
    module(
      "a.ts",
      'import { b } from "./b.ts";\nimport {\n  c,\n  type C,\n} from "./c.ts";\nconst sum: C = b + c;\n(globalThis as unknown as { out: number }).out = sum;\n',
    );
    module("b.ts", 'import { c } from "./c.ts";\nexport const b: number = c * 10;\n');
    module("c.ts", "export type C = number;\nexport const c = 2;\n");
    const context: { out?: number } = {};
    runInNewContext(linkClient(join(folder, "a.ts")), context);
    expect(context.out).toBe(22);
  });

  it("refuses a name that two modules declare", () => {
    module("a.ts", 'import { b } from "./b.ts";\nconst same = 1;\nvoid [b, same];\n');
    module("b.ts", "const same = 2;\nexport const b = same;\n");
    expect(() => linkClient(join(folder, "a.ts"))).toThrow(/`same` is declared in both/);
  });

  it("refuses modules that need each other", () => {
    module("a.ts", 'import { b } from "./b.ts";\nexport const a = b;\n');
    module("b.ts", 'import { a } from "./a.ts";\nexport const b = a;\n');
    expect(() => linkClient(join(folder, "a.ts"))).toThrow(/need each other/);
  });
});
