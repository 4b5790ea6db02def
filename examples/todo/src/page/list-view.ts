import { ApiError, callApi, type Item, type List } from "./api-client.ts";
import { element } from "./element.ts";
import { createInlineEdit } from "./inline-edit.ts";
import { createItemRow } from "./item-row.ts";
import { createNewItemForm } from "./new-item-form.ts";
import { createErrorLine, type ViewContext } from "./view.ts";

/** One list at its address. */
export async function createListView(context: ViewContext, listId: string): Promise<HTMLElement> {
  const { words } = context;
  let list: List;
  try {
    list = await callApi<List>("GET", `/lists/${encodeURIComponent(listId)}`);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error;
    return element("section", { className: "start" }, element("h1", {}, words.noSuchList), element("a", { href: "/" }, words.startList));
  }
  const items = element("ul", { className: "items" });
  const empty = element("p", { className: "help" }, words.nothingYet);
  const showEmpty = () => {
    empty.hidden = items.childElementCount > 0;
  };
  const append = (item: Item) => {
    // Rows replace themselves when they change: the one to remove is found by its place in the document.
    const row = createItemRow(context, listId, item, () => {
      items.querySelector(`[data-id="${item.id}"]`)?.remove();
      showEmpty();
    });
    items.append(row);
    showEmpty();
  };
  for (const item of list.items) append(item);
  showEmpty();
  const add = async (title: string) => append(await callApi<Item>("POST", `/lists/${listId}/items`, { title }));
  return element(
    "section",
    { className: "list" },
    createHeading(context, list),
    createNewItemForm(words, add),
    items,
    empty,
    createFooter(context, list),
  );
}

function createHeading(context: ViewContext, list: List): HTMLElement {
  const { words } = context;
  const errors = createErrorLine(words);
  const heading = element("div", { className: "heading" });
  const show = (title: string) => {
    document.title = `${title || words.list} · Todo`;
    const rename = element("button", { type: "button", className: "quiet" }, words.nameList);
    rename.addEventListener("click", () => heading.replaceChildren(edit(title), errors.line));
    heading.replaceChildren(element("h1", {}, title || words.list), rename, errors.line);
  };
  const edit = (title: string) => {
    const save = async (value: string) => {
      await errors.attempt(async () => {
        await callApi("PATCH", `/lists/${list.id}`, { title: value });
        show(value);
      });
    };
    return createInlineEdit({ words, label: words.nameList, value: title, maxLength: 100, save, cancel: () => show(title) });
  };
  show(list.title);
  return heading;
}

function createFooter({ words, account }: ViewContext, list: List): HTMLElement {
  const address = `${location.origin}/lists/${list.id}`;
  const footer = element("p", { className: "address" }, `${words.keepAddress} `, element("a", { href: address }, address));
  if (!account || list.owned) return footer;
  const errors = createErrorLine(words);
  const keep = element("button", { type: "button" }, words.keepList);
  keep.addEventListener("click", () =>
    errors.attempt(async () => {
      await callApi("PUT", `/lists/${list.id}/owner`, {});
      keep.remove();
    }),
  );
  return element("div", {}, footer, keep, errors.line);
}
