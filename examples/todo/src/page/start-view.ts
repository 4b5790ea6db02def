import { callApi, type List, type ListSummary } from "./api-client.ts";
import { element } from "./element.ts";
import { createNewItemForm } from "./new-item-form.ts";
import type { ViewContext } from "./view.ts";

/** The front page: a box that starts a list, and the lists of the account. */
export async function createStartView({ words, account }: ViewContext): Promise<HTMLElement> {
  const start = async (title: string) => {
    const list = await callApi<List>("POST", "/lists", { items: [title] });
    location.assign(`/lists/${list.id}`);
  };
  const view = element("section", { className: "start" }, element("h1", {}, words.startList), createNewItemForm(words, start));
  view.append(element("p", { className: "help" }, words.startHelp));
  if (account) {
    const { lists } = await callApi<{ lists: ListSummary[] }>("GET", "/lists");
    view.append(element("h2", {}, words.myLists), lists.length === 0 ? element("p", {}, words.noLists) : createSummaries(lists, words));
  }
  return view;
}

function createSummaries(lists: readonly ListSummary[], words: ViewContext["words"]): HTMLElement {
  const rows = lists.map((list) =>
    element(
      "li",
      {},
      element("a", { href: `/lists/${list.id}` }, list.title || words.list),
      element("span", { className: "count" }, words.openOf(list.open, list.total)),
    ),
  );
  return element("ul", { className: "lists" }, ...rows);
}
