import { createAccountView } from "./account-view.ts";
import { type Account, ApiError, callApi } from "./api-client.ts";
import { element } from "./element.ts";
import { fillHeader } from "./header.ts";
import { createListView } from "./list-view.ts";
import { createStartView } from "./start-view.ts";
import type { ViewContext } from "./view.ts";
import { wordsFor } from "./words.ts";

async function main(): Promise<void> {
  const words = wordsFor(document.documentElement.lang);
  const place = document.getElementById("main");
  const header = document.getElementById("header");
  if (!place || !header) throw new Error("the document has no #main or #header");
  try {
    const context: ViewContext = { words, account: await readAccount() };
    fillHeader(header, context);
    place.replaceChildren(await viewAt(location.pathname, context));
    // The browser heeds `autofocus` only in the document as it was loaded.
    place.querySelector<HTMLElement>("[autofocus]")?.focus();
  } catch {
    place.replaceChildren(element("p", { className: "error", attributes: { role: "alert" } }, words.failed));
  }
}

async function viewAt(path: string, context: ViewContext): Promise<HTMLElement> {
  const listId = /^\/lists\/([^/]+)\/?$/.exec(path)?.[1];
  if (listId !== undefined) return createListView(context, listId);
  return path === "/account" ? createAccountView(context) : createStartView(context);
}

async function readAccount(): Promise<Account | undefined> {
  try {
    const { account } = await callApi<{ account: Account }>("GET", "/accounts/me");
    return account;
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return undefined;
    throw error;
  }
}

await main();
