import { ansiText } from "./ansi-text.ts";
import { h } from "./dom.ts";
import type { Screen } from "./screen.ts";
import type { Word } from "./words.ts";

const symbols: Readonly<Record<string, string>> = {
  passed: "✓",
  failed: "✕",
  error: "✕",
  flaky: "≈",
  skipped: "–",
  cancelled: "■",
  running: "▸",
  queued: "·",
  waiting: "·",
};

/** The state of a test or job: a symbol, a colour and, for those who see neither, its word. */
export function stateMark(state: string, { t }: Screen): HTMLElement {
  const word = t(state as Word); // Every test outcome, test status and job state is a word.
  return h("span", { class: `mark state-${state}`, role: "img", "aria-label": word, title: word }, symbols[state] ?? "·");
}

export function statusPill(status: number | undefined, { t }: Screen): HTMLElement {
  const kind = status === undefined ? "none" : status >= 500 ? "5xx" : status >= 400 ? "4xx" : status >= 300 ? "3xx" : "2xx";
  return h("span", { class: `status status-${kind}` }, status ?? t("noAnswer"));
}

/** Terminal output with its colours. */
export function styledText(text: string): HTMLElement[] {
  return ansiText(text).map((part) => h("span", { class: part.classes.join(" ") || undefined }, part.text));
}

/** A command that is there to be copied. */
export function commandLine(command: string, { t }: Screen): HTMLElement {
  const button = h(
    "button",
    {
      type: "button",
      class: "copy",
      onclick: () => {
        // A browser may refuse; the text is selected by the page's style when it is clicked.
        navigator.clipboard.writeText(command).then(
          () => {
            button.textContent = t("copied");
            setTimeout(() => {
              button.textContent = t("copyCommand");
            }, 1500);
          },
          () => button.remove(),
        );
      },
    },
    t("copyCommand"),
  );
  return h("div", { class: "command" }, h("code", {}, command), button);
}

export function emptyNote(text: string): HTMLElement {
  return h("p", { class: "empty" }, text);
}
