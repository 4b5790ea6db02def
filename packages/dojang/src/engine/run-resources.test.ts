import { FakeRuntime } from "@dojang/runtime";
import { expect, test } from "vitest";
import type { LoadedProject } from "../config/load-project.ts";
import { createRunResources } from "./run-resources.ts";

test("what jobs of a run ask of elsewhere is asked once by its key, and again where there was no answer or it failed", async () => {
  const { signal } = new AbortController();
  // Nothing of the project is asked for here.
  const project = {} as LoadedProject;
  const { remembered } = createRunResources({
    runtime: new FakeRuntime({ script: () => undefined }),
    home: "/nowhere",
    project,
    base: undefined,
    signal,
    emit: () => {},
  });
  const answers: (string | undefined | Error)[] = [undefined, new Error("unreachable"), "the authority", "another"];
  const ask = async () => {
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  };
  expect(await remembered("a", ask)).toBeUndefined();
  await expect(remembered("a", ask)).rejects.toThrow("unreachable");
  expect(await remembered("a", ask)).toBe("the authority");
  expect(await remembered("a", ask)).toBe("the authority");
  expect(await remembered("b", ask)).toBe("another");
});
