import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { layOutSections } from "./lay-out-sections.ts";
import { linkClient } from "./link-client.ts";
import { packSection } from "./pack-section.ts";
import { renderTerminal } from "./render-terminal.ts";
import type { RunFacts } from "./run-facts.ts";

export interface HtmlOptions {
  /** Of the whole file. What does not fit is left out, least telling first, and the page says so. */
  readonly limitBytes?: number;
}

const defaultLimitBytes = 10_000_000;

/** Later ones refine earlier ones. */
const styleFiles = ["theme", "page", "overview", "tests", "time", "exchange", "outside", "load", "mutation", "files", "media"];

/**
 * One self-contained page: opens from a file, asks nothing of the network, and runs no byte of what services and tests said.
 * Data is base64 in elements that are not scripts; the page builds its nodes from text alone, and the policy below (CSP with
 * Trusted Types) makes the browser refuse anything else.
 */
export function renderHtml(facts: RunFacts, options: HtmlOptions = {}): string {
  const client = join(import.meta.dirname, "client");
  const script = linkClient(join(client, import.meta.filename.endsWith(".ts") ? "main.ts" : "main.js"));
  const style = styleFiles.map((name) => readFileSync(join(client, "style", `${name}.css`), "utf8")).join("");
  // The frame, the index and the words around them.
  const reserve = script.length + style.length + 400_000;
  const { index, sections } = layOutSections(facts, (options.limitBytes ?? defaultLimitBytes) - reserve);
  const policy = [
    "default-src 'none'",
    `script-src '${digest(script)}'`,
    `style-src '${digest(style)}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
  const title = `${facts.run.project} #${facts.run.number}: ${facts.run.state}`;
  return [
    "<!doctype html>",
    '<html lang="en">',
    '<head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="referrer" content="no-referrer">',
    '<meta name="generator" content="Dojang">',
    `<title>${escapeHtml(title)}</title>`,
    `<style>${style}</style></head>`,
    "<body>",
    `<noscript><pre>${escapeHtml(renderTerminal(facts, { color: false, columns: 100 }))}</pre></noscript>`,
    '<div id="app"></div>',
    dataElement("index", packSection(index)),
    `<script>${script}</script>`,
    ...sections.map(({ name, data }) => dataElement(name, data)),
    "</body></html>",
    "",
  ].join("\n");
}

function dataElement(name: string, data: string): string {
  return `<script type="application/vnd.dojang.section" id="section-${name}">${data}</script>`;
}

function digest(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
