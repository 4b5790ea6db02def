import { element } from "./element.ts";
import type { Words } from "./words.ts";

/** A box in place of a text: Enter saves, Escape leaves it as it was. */
export function createInlineEdit(options: {
  words: Words;
  label: string;
  value: string;
  maxLength: number;
  save: (value: string) => Promise<void>;
  cancel: () => void;
}): HTMLElement {
  const { words, label, value, maxLength, save, cancel } = options;
  const input = element("input", { type: "text", value, maxLength, autocomplete: "off", attributes: { "aria-label": label } });
  const form = element(
    "form",
    { className: "inline-edit", noValidate: true },
    input,
    element("button", { type: "submit" }, words.save),
    element("button", { type: "button", className: "quiet", onclick: cancel }, words.cancel),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void save(input.value.trim());
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") cancel();
  });
  queueMicrotask(() => input.select());
  return form;
}
