import { callApi, type Item } from "./api-client.ts";
import { element } from "./element.ts";
import { createInlineEdit } from "./inline-edit.ts";
import { createReminderForm } from "./reminder-form.ts";
import { createErrorLine, type ViewContext } from "./view.ts";

/** One item with what can be done to it. It redraws itself after each change; `gone` is called when it was deleted. */
export function createItemRow(context: ViewContext, listId: string, item: Item, gone: () => void): HTMLLIElement {
  const { words } = context;
  const path = `/lists/${listId}/items/${item.id}`;
  const errors = createErrorLine(words);
  const row = element("li", { className: item.done ? "item done" : "item", attributes: { "data-id": item.id } });
  const redraw = (next: Item) => row.replaceWith(createItemRow(context, listId, next, gone));
  const change = (body: Partial<Item>) => errors.attempt(async () => redraw(await callApi<Item>("PATCH", path, body)));

  const checkbox = element("input", { type: "checkbox", checked: item.done });
  checkbox.addEventListener("change", async () => {
    if (!(await change({ done: checkbox.checked }))) checkbox.checked = item.done;
  });
  const title = element("label", { className: "title" }, checkbox, element("span", {}, item.title));
  const line = element("div", { className: "line" }, title);

  const rename = element(
    "button",
    { type: "button", className: "quiet", attributes: { "aria-label": `${words.rename}: ${item.title}` } },
    words.rename,
  );
  rename.addEventListener("click", () => {
    const save = async (value: string) => {
      await change({ title: value });
    };
    const cancel = () => redraw(item);
    line.replaceChildren(createInlineEdit({ words, label: words.rename, value: item.title, maxLength: 200, save, cancel }));
  });

  const remove = element(
    "button",
    { type: "button", className: "quiet", attributes: { "aria-label": `${words.remove}: ${item.title}` } },
    words.remove,
  );
  remove.addEventListener("click", () =>
    errors.attempt(async () => {
      await callApi("DELETE", path);
      gone();
    }),
  );

  const details = element("div", { className: "details" });
  const remind = element(
    "button",
    { type: "button", className: "quiet", attributes: { "aria-label": `${words.remind}: ${item.title}` } },
    words.remind,
  );
  remind.addEventListener("click", () => {
    const set = (reminder: Item["reminder"]) => redraw({ ...item, reminder });
    const cancel = () => details.replaceChildren();
    details.replaceChildren(createReminderForm(context, path, { set, cancel }));
  });

  line.append(element("span", { className: "actions" }, remind, rename, remove));
  row.append(line);
  if (item.reminder) row.append(element("p", { className: `reminder ${item.reminder.state}` }, describeReminder(item.reminder, context)));
  row.append(details, errors.line);
  return row;
}

function describeReminder(reminder: NonNullable<Item["reminder"]>, { words }: ViewContext): string {
  const at = new Date(reminder.at).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  return `${words.reminders[reminder.state]} · ${at}`;
}
