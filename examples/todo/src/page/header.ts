import { callApi } from "./api-client.ts";
import { element } from "./element.ts";
import type { ViewContext } from "./view.ts";

export function fillHeader(header: HTMLElement, { words, account }: ViewContext): void {
  const nav = element("nav");
  if (account) {
    const signOut = element("button", { type: "button", className: "quiet" }, words.signOut);
    signOut.addEventListener("click", async () => {
      await callApi("DELETE", "/sessions/current");
      location.assign("/");
    });
    nav.append(element("span", { className: "who" }, account.email), element("a", { href: "/" }, words.myLists), signOut);
  } else {
    nav.append(element("a", { href: "/account" }, words.signIn));
  }
  header.replaceChildren(element("a", { href: "/", className: "brand" }, "Todo"), nav);
}
