import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import packageFile from "../../packages/dojang/package.json" with { type: "json" };
import { type Stage, setStage } from "./stage.ts";

const machinesNode = "/usr/bin/node";
const major = await promisify(execFile)(machinesNode, ["-p", "process.versions.node.split('.')[0]"]).then(
  ({ stdout }) => Number(stdout),
  () => undefined,
);

describe.skipIf(major === undefined || major >= 24)(
  "started by the machine's older Node, the command hands over to the one it brought",
  () => {
    let stage: Stage;
    beforeAll(async () => {
      stage = await setStage();
    });
    afterAll(() => stage[Symbol.asyncDispose]());
    const old = () => ({ directory: stage.folder, through: [machinesNode], environment: { PATH: "/usr/bin:/bin" } });

    test("with its output and its exit code", async () => {
      const [version, wrong] = await Promise.all([stage.run(["--version"], old()), stage.run(["nonsense"], old())]);
      expect(version).toMatchObject({ exitCode: 0, stdout: `${packageFile.version}\n` });
      expect(wrong).toMatchObject({ exitCode: 2 });
    });

    test("and with the signals it gets", async () => {
      const directory = await stage.copy("counter", {
        "compose.yaml": undefined,
        "dojang.yml": `version: 1\nname: ${stage.project}\njobs: { wait: { steps: [{ run: echo waiting now; sleep 3600 }] } }\n`,
      });
      const running = stage.start(["run", "--verbose"], { ...old(), directory });
      await running.said("waiting now");
      running.child.kill("SIGTERM");
      expect((await running.ended).exitCode).toBe(130);
      await stage.expectNothingLeft();
    });
  },
);
