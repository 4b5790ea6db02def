import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createMockFiles } from "./create-mock-files.ts";

test("a stub is told with the file it was read from, at any depth, until its file is gone", async () => {
  const directory = mkdtempSync(join(tmpdir(), "dojang-file-of-"));
  try {
    mkdirSync(join(directory, "mappings/deep"), { recursive: true });
    writeFileSync(join(directory, "mappings/deep/accept.yaml"), "mappings:\n  - request: {url: /a}\n");
    writeFileSync(join(directory, "mappings/one.json"), '{"request": {"url": "/b"}}');
    const files = createMockFiles({ directory });
    const stubs = await files.loadMappings();

    expect(stubs.map(({ id }) => files.fileOf(id))).toEqual(["mappings/deep/accept.yaml", "mappings/one.json"]);
    expect(files.fileOf("8c5db8b0-2db4-4ad7-a99f-38c9b00da3f7")).toBeUndefined();
    await files.removeMapping(stubs[1]?.id ?? "");
    expect(files.fileOf(stubs[1]?.id ?? "")).toBeUndefined();
  } finally {
    rmSync(directory, { recursive: true });
  }
});
