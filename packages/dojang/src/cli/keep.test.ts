import { Problem } from "@dojang/model";
import { Command } from "commander";
import { expect, test } from "vitest";
import { keepCommand } from "./keep.ts";

const request = { home: "/nowhere", environmentId: "e-1", ports: [{ service: "api", container: 8000 }] };

test.each([
  ["no JSON", "{bad", /request is no JSON/],
  ["nothing of what is needed", "{}", /request\.home: .*; request\.environmentId: .*; request\.ports: /],
  ["an id that would leave its folder", JSON.stringify({ ...request, environmentId: "../../x" }), /request\.environmentId: /],
  ["a port that is none", JSON.stringify({ ...request, ports: [{ service: "api", container: 70_000 }] }), /request\.ports\.0\.container: /],
])("a request that `dojang up` never writes is refused: %s", async (_, text, says) => {
  const ended = await new Command()
    .addCommand(keepCommand({ signal: AbortSignal.abort(), environment: {} }))
    .parseAsync(["keep", "sandbox", text], { from: "user" })
    .catch((error: unknown) => error);
  expect(ended).toBeInstanceOf(Problem);
  expect(ended).toMatchObject({ code: "keep-request", exitCode: 2, message: expect.stringMatching(says) });
});
