import { existsSync } from "node:fs";
import { defineConfig, devices } from "@playwright/test";

/** A Chromium of the machine is taken before one that Playwright would have to download. */
const candidates = [process.env.CHROMIUM_PATH, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const executablePath = candidates.find((path) => path !== undefined && existsSync(path));

export default defineConfig({
  testDir: "tests/functional",
  testMatch: "**/*.spec.ts",
  fullyParallel: true,
  workers: 2,
  forbidOnly: process.env.CI !== undefined,
  timeout: 30_000,
  expect: { timeout: 10_000 },
  outputDir: "test-results",
  reporter: [["list"], ["json", { outputFile: "out/functional.json" }]],
  use: {
    ...devices["Desktop Chrome"],
    // A preview's page by its service, a live site by its own address.
    baseURL: process.env.DOJANG_URL ?? process.env.WEB_URL ?? "http://web:3000",
    viewport: { width: 1024, height: 768 },
    locale: "en-GB",
    screenshot: "only-on-failure",
    trace: "retain-on-failure",
    launchOptions: { ...(executablePath === undefined ? {} : { executablePath }), args: ["--no-sandbox", "--disable-dev-shm-usage"] },
  },
});
