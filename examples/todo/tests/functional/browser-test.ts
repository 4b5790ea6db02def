import { existsSync } from "node:fs";
import { test as base, chromium } from "@playwright/test";

export { expect } from "@playwright/test";

/** Tests are skipped, and reported as skipped, on a machine that has no Chromium: a missing browser is no bug of the page. */
export const test = base.extend<{ browserOfTheMachine: undefined }>({
  browserOfTheMachine: [
    async ({ launchOptions }, use, testInfo) => {
      testInfo.skip(!existsSync(launchOptions.executablePath ?? chromium.executablePath()), "there is no Chromium on this machine");
      await use(undefined);
    },
    { auto: true },
  ],
});
