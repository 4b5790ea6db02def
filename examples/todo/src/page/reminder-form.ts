import { callApi, type ItemReminder } from "./api-client.ts";
import { element } from "./element.ts";
import { createErrorLine, type ViewContext } from "./view.ts";

/** Asks where and when; tomorrow at nine unless told otherwise. */
export function createReminderForm(
  { words, account }: ViewContext,
  itemPath: string,
  { set, cancel }: { set: (reminder: ItemReminder) => void; cancel: () => void },
): HTMLElement {
  const email = element("input", { type: "email", value: account?.email ?? "", required: true, autocomplete: "email" });
  const at = element("input", { type: "datetime-local", value: tomorrowAtNine(new Date()), required: true });
  const errors = createErrorLine(words);
  const form = element(
    "form",
    { className: "reminder-form", noValidate: true },
    element("label", {}, words.remindTo, email),
    element("label", {}, words.remindAt, at),
    element("button", { type: "submit" }, words.setReminder),
    element("button", { type: "button", className: "quiet", onclick: cancel }, words.cancel),
    errors.line,
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void errors.attempt(async () => {
      const time = at.value === "" ? "" : new Date(at.value).toISOString();
      set(await callApi<ItemReminder>("PUT", `${itemPath}/reminder`, { email: email.value, at: time }));
    });
  });
  queueMicrotask(() => email.focus());
  return form;
}

/** As `datetime-local` wants it: local time without a zone. */
export function tomorrowAtNine(now: Date): string {
  const tomorrow = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1, 9);
  const pad = (value: number) => String(value).padStart(2, "0");
  return `${tomorrow.getFullYear()}-${pad(tomorrow.getMonth() + 1)}-${pad(tomorrow.getDate())}T09:00`;
}
