import { element } from "./element.ts";
import { createErrorLine } from "./view.ts";
import { errorText, type Words } from "./words.ts";

/** The box for a new item: Enter adds it; what is wrong is said below and goes away while one types. */
export function createNewItemForm(words: Words, add: (title: string) => Promise<void>): HTMLElement {
  const input = element("input", {
    id: "new-item",
    type: "text",
    placeholder: words.newItemHint,
    autocomplete: "off",
    maxLength: 200,
    autofocus: true,
    attributes: { "aria-label": words.newItem, "aria-describedby": "new-item-error", enterkeyhint: "done" },
  });
  const errors = createErrorLine(words);
  errors.line.id = "new-item-error";
  let busy = false;
  const submit = async () => {
    if (busy) return;
    if (input.value.trim() === "") {
      errors.line.textContent = errorText(words, "invalid_title");
      return;
    }
    busy = true;
    const added = await errors.attempt(() => add(input.value.trim()));
    busy = false;
    if (added) input.value = "";
    input.setAttribute("aria-invalid", String(!added));
    input.focus();
  };
  input.addEventListener("input", () => {
    errors.clear();
    input.removeAttribute("aria-invalid");
  });
  const form = element("form", { className: "new-item", noValidate: true }, input, errors.line);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void submit();
  });
  return form;
}
