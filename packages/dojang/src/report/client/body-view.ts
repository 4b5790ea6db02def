import { h, replaceContent } from "./dom.ts";
import { formatSize } from "./format.ts";
import { styledText } from "./marks.ts";
import type { ShownBody } from "./report-data.ts";
import type { Screen } from "./screen.ts";

/** A body, formatted when it is JSON, with a switch to what was sent. Its bytes are read when the element is made. */
export function bodyView(body: ShownBody | undefined, { data, t }: Screen): HTMLElement {
  if (body === undefined) return h("p", { class: "empty" }, t("noBody"));
  const element = h("div", { class: "body" }, h("p", { class: "empty" }, t("loading")));
  void show();
  return element;

  async function show(): Promise<void> {
    const kept = body?.place == null ? undefined : await data.body(body.place);
    if (body === undefined || kept === undefined) {
      replaceContent(
        element,
        h("p", { class: "empty" }, `${body?.contentType ?? ""} ${formatSize(body?.sizeBytes ?? 0)}: ${t("bodyNotKept")}`),
      );
      return;
    }
    const note = body.truncated ? h("p", { class: "note" }, t("bodyTruncated", { size: formatSize(body.sizeBytes) })) : undefined;
    if ("hex" in kept) {
      replaceContent(
        element,
        h("p", { class: "note" }, t("bodyBinary", { size: formatSize(body.sizeBytes) })),
        h("pre", {}, spaced(kept.hex)),
        note,
      );
      return;
    }
    const text = `${kept.text}${kept.cut ? `\n[${t("bodyCut")}]` : ""}`;
    const formatted = formattedJson(kept.text, body.contentType);
    const pre = h("pre", { tabindex: 0 }, styledText(formatted ?? text));
    replaceContent(element, formatted === undefined ? undefined : formatSwitch(pre, formatted, text), pre, note);
  }

  function formatSwitch(pre: HTMLElement, formatted: string, raw: string): HTMLElement {
    const button = h(
      "button",
      {
        type: "button",
        class: "quiet",
        onclick: () => {
          const toRaw = button.textContent === t("raw");
          replaceContent(pre, styledText(toRaw ? raw : formatted));
          button.textContent = toRaw ? t("pretty") : t("raw");
        },
      },
      t("raw"),
    );
    return button;
  }
}

/** Undefined for what is no JSON, or gains nothing. Numbers stay as they were written: 1.0 and 12345678901234567890 do not change. */
export function formattedJson(text: string, contentType: string | undefined): string | undefined {
  if (contentType !== undefined && !/json/i.test(contentType)) return undefined;
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  return indented(text);
}

/** Only white space outside of strings is touched; the text is known to be JSON. */
function indented(json: string): string {
  let out = "";
  let depth = 0;
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[{[]\s*[}\]]|[{}[\],:]|[^\s"{}[\],:]+/g)) {
    if (token === "{" || token === "[") {
      depth += 1;
      out += `${token}\n${"  ".repeat(depth)}`;
    } else if (token === "}" || token === "]") {
      depth -= 1;
      out += `\n${"  ".repeat(depth)}${token}`;
    } else if (token === ",") out += `,\n${"  ".repeat(depth)}`;
    else if (token === ":") out += ": ";
    else out += token.length > 1 && /^[{[]/.test(token) ? token.replace(/\s/g, "") : token;
  }
  return out;
}

function spaced(hex: string): string {
  return hex
    .replace(/../g, "$& ")
    .replace(/(?:.. ){16}/g, "$&\n")
    .trim();
}
