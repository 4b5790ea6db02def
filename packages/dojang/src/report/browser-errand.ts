import type { Transaction } from "@dojang/model";

/** Hosts that Chromium and Firefox ask on their own account: updates, autofill, safe browsing, captive portals. */
const makers =
  /^(?:update|accounts|content-autofill|optimizationguide-pa|safebrowsing|safebrowsinghttpgateway|android\.clients|clients\d?|clientservices|mtalk|redirector|edgedl\.me)\.(?:googleapis|google|gvt1)\.com$|\.services\.mozilla\.com$|^(?:detectportal\.firefox|push\.services\.mozilla)\.com$/;

/** Whether a browser asked its maker: no test caused it, and where nothing outside can be reached it always fails. */
export function isBrowserErrand({ method, url }: Pick<Transaction, "method" | "url">): boolean {
  const host = method === "CONNECT" ? url.replace(/:\d+$/, "") : URL.parse(url)?.hostname;
  return host !== undefined && makers.test(host);
}
