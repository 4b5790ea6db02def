import { readdirSync } from "node:fs";
import { join } from "node:path";
import { formatFinding } from "@dojang/model";
import { describe, expect, test } from "vitest";
import { readProject } from "./load-project.ts";

/**
 * Compose files in the styles that exist in the wild. Beside each lies what is read from it: every finding with its place,
 * and every service as a runtime gets it. A change of `read.txt` is a change of what Dojang understands: review it.
 */
const fixtures = join(import.meta.dirname, "fixtures", "compose");
const names = readdirSync(fixtures);

/** The smallest dojang.yml: everything else is the Compose file's. */
const dojangFile = "version: 1\njobs: { look: { steps: [{ run: ls }] } }\n";

test("there are fixtures to read", () => {
  expect(names.length).toBeGreaterThanOrEqual(25);
});

describe("a Compose file as in the wild is read right or refused by name:", () => {
  test.each(names)("%s", async (name) => {
    const directory = join(fixtures, name);
    const { project, findings } = readProject({ directory, env: {}, text: dojangFile });
    const lines = [
      ...findings.map((finding) => `${finding.severity} ${finding.code} ${formatFinding(finding)}`),
      ...(project?.services ?? []).map((service) => JSON.stringify(service, undefined, 1).replaceAll(/\n\s*/g, " ")),
      `volumes ${project?.volumes.join(", ")}`,
    ];
    const text = `${lines.join("\n").replaceAll(directory, "<project>")}\n`;
    await expect(text).toMatchFileSnapshot(join(directory, "read.txt"));
    expect(text).not.toContain(import.meta.dirname);
  });
});
