import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { type Browser, chromium } from "@playwright/test";
import { expect } from "vitest";

/** The browser of this machine. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env.DOJANG_CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
}

/** What a reader sees of a report without scrolling. */
export async function firstScreen(browser: Browser, path: string): Promise<string> {
  expect(await readFile(path, "utf8")).toMatch(/^<!doctype html>/i);
  const page = await browser.newPage({ locale: "en-US", viewport: { width: 1280, height: 900 } });
  await page.goto(String(pathToFileURL(path)));
  await page.locator("main > *").first().waitFor();
  // As text, for it runs in the page, whose names the tests do not know.
  const seen: string = await page.evaluate(`[...document.querySelectorAll("h1, h2, h3, p, pre, code, li")].filter((one) => {
    const { top, bottom, width } = one.getBoundingClientRect();
    return bottom > 0 && top < innerHeight && width > 0;
  }).map((one) => one.innerText.replace(/\\s+/g, " ")).join("\\n")`);
  await page.close();
  return seen;
}
