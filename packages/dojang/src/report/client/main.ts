import { coveragePage } from "./coverage-page.ts";
import { h, replaceContent } from "./dom.ts";
import { environmentPage } from "./environment-page.ts";
import { jobPage } from "./job-page.ts";
import { loadPage } from "./load-page.ts";
import { emptyNote } from "./marks.ts";
import { overviewPage } from "./overview-page.ts";
import { applyTheme, keepPreference, otherTheme, preferredLanguage, readPreference } from "./preferences.ts";
import { ReportData } from "./report-data.ts";
import type { Screen } from "./screen.ts";
import { testPage } from "./test-page.ts";
import { testsPage } from "./tests-page.ts";
import { outsidePage, transactionPage } from "./transaction-page.ts";
import { type Language, translator } from "./words.ts";

/**
 * The report's page. The hash names the screen: `#/`, `#/tests`, `#/test/<key>`, `#/transaction/<id>`, `#/job/<id>`, `#/load/<number>`,
 * `#/coverage`, `#/environment`, `#/outside`. Each screen is made anew from the data; there is no other state than the hash.
 */
async function start(): Promise<void> {
  applyTheme(readPreference("theme"));
  const app = document.getElementById("app");
  if (app === null) return;
  let language = preferredLanguage();
  let data: ReportData;
  try {
    data = await ReportData.open();
  } catch (error) {
    replaceContent(app, emptyNote(translator(language)("damaged", { reason: String(error) })));
    return;
  }
  const main = h("main", { id: "content", tabindex: -1 });
  const frame = (): void => {
    document.documentElement.lang = language;
    const screen = { data, t: translator(language) };
    replaceContent(app, pageHead(screen, switchLanguage), main);
  };
  const switchLanguage = (): void => {
    language = language === "en" ? "ko" : "en";
    keepPreference("language", language);
    frame();
    void show(false);
  };
  let latest = 0;
  const show = async (moved: boolean): Promise<void> => {
    latest += 1;
    const own = latest;
    const page = await pageFor(location.hash, { data, t: translator(language) });
    // A slower earlier page must not replace a later one.
    if (own !== latest) return;
    replaceContent(main, page);
    markCurrent();
    if (!moved) return;
    scrollTo(0, 0);
    main.focus({ preventScroll: true });
  };
  addEventListener("hashchange", () => void show(true));
  addEventListener("keydown", focusFilter);
  frame();
  await show(false);
  performance.mark("first-screen");
}

async function pageFor(hash: string, screen: Screen): Promise<HTMLElement> {
  const [, name = "", ...rest] = hash.replace(/^#/, "").split("/");
  const argument = decode(rest.join("/"));
  try {
    switch (name) {
      case "tests":
        return testsPage(argument || undefined, screen);
      case "test":
        return await testPage(argument, screen);
      case "transaction":
        return await transactionPage(argument, screen);
      case "job":
        return await jobPage(argument, screen);
      case "load":
        return await loadPage(argument, screen);
      case "coverage":
        return await coveragePage(screen);
      case "environment":
        return environmentPage(screen);
      case "outside":
        return await outsidePage(screen);
      default:
        return overviewPage(screen);
    }
  } catch (error) {
    return emptyNote(screen.t("damaged", { reason: error instanceof Error ? error.message : String(error) }));
  }
}

function pageHead({ data, t }: Screen, switchLanguage: () => void): HTMLElement {
  const { index } = data;
  const links: [string, string, number | undefined][] = [
    ["#/", t("overview"), undefined],
    ["#/tests", t("tests"), index.tests.length],
  ];
  if (index.coverage !== undefined || index.patchCoverage !== undefined) links.push(["#/coverage", t("coverage"), undefined]);
  links.push(["#/environment", t("environment"), undefined]);
  const theme = h(
    "button",
    {
      type: "button",
      class: "quiet",
      title: t("theme"),
      "aria-label": t("theme"),
      onclick: () => {
        const next = otherTheme();
        applyTheme(next);
        keepPreference("theme", next);
      },
    },
    "◐",
  );
  const other: Language = document.documentElement.lang === "ko" ? "en" : "ko";
  return h(
    "header",
    { class: "top" },
    h(
      "a",
      {
        class: "skip",
        href: "#content",
        onclick: (event) => {
          event.preventDefault();
          document.getElementById("content")?.focus();
        },
      },
      t("skipToContent"),
    ),
    h("a", { class: `top-name state-${index.run.state}`, href: "#/" }, `${index.run.project} #${index.run.number}`),
    h(
      "nav",
      { "aria-label": "Dojang" },
      links.map(([href, text, count]) => h("a", { href }, text, count !== undefined && h("small", {}, ` ${count}`))),
    ),
    h(
      "div",
      { class: "top-tools" },
      h("button", { type: "button", class: "quiet", lang: other, onclick: switchLanguage }, t("language")),
      theme,
    ),
  );
}

function markCurrent(): void {
  const area = /^#\/(\w*)/.exec(location.hash)?.[1] ?? "";
  const home =
    {
      tests: "#/tests",
      test: "#/tests",
      transaction: "#/tests",
      coverage: "#/coverage",
      environment: "#/environment",
      outside: "#/environment",
    }[area] ?? "#/";
  for (const link of document.querySelectorAll(".top nav a")) {
    if (link.getAttribute("href") === home) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

/** `/` goes to the filter, as it does in many tools. */
function focusFilter(event: KeyboardEvent): void {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement) return;
  event.preventDefault();
  const filter = document.getElementById("filter");
  if (filter !== null) filter.focus();
  else {
    addEventListener("hashchange", () => setTimeout(() => document.getElementById("filter")?.focus()), { once: true });
    location.hash = "#/tests";
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

void start();
