import { rm } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, describe } from "vitest";
import { actorContext } from "./actor-services.ts";
import { buildSection } from "./build-section.ts";
import { commandSection } from "./command-section.ts";
import { dataSection } from "./data-section.ts";
import { faultSection } from "./fault-section.ts";
import { logSection } from "./log-section.ts";
import { networkSection } from "./network-section.ts";
import { promiseSection } from "./promise-section.ts";
import { type RuntimeUnderTest, type Stage, setStage } from "./stage.ts";
import { startSection } from "./start-section.ts";
import { stopSection } from "./stop-section.ts";

/**
 * The promises of contract.ts as sentences that every runtime has to make true. What a runtime cannot promise it
 * declares in `promises`, and the suite checks that the declaration is right in both directions.
 */
export function runtimeContract(name: string, make: () => Promise<RuntimeUnderTest>): void {
  describe(`the runtime contract on ${name}`, () => {
    let stage: Stage | undefined;
    const current = (): Stage => {
      if (stage === undefined) throw new Error("the stage is set before each test");
      return stage;
    };
    beforeAll(async () => {
      const context = await actorContext();
      stage = setStage(await make(), context);
    });
    afterEach(async () => {
      // A test that failed half-way must not disturb the next.
      for (const { id } of await current().runtime.list()) await current().runtime.stop(id);
    });
    afterAll(async () => {
      await stage?.tested.cleanup();
      if (stage !== undefined) await rm(stage.context, { recursive: true, force: true });
    });

    startSection(current);
    stopSection(current);
    commandSection(current);
    logSection(current);
    networkSection(current);
    faultSection(current);
    promiseSection(current);
    buildSection(current);
    dataSection(current);
  });
}
