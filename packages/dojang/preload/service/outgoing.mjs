import { subscribe } from "node:diagnostics_channel";
import http from "node:http";
import https from "node:https";
import { syncBuiltinESMExports } from "node:module";
import { currentRequest } from "./context.mjs";

export function install() {
  subscribe("undici:request:create", ({ request }) => {
    try {
      const current = currentRequest();
      if (current === undefined) return;
      const names = headerNames(request.headers);
      if (!names.has("traceparent")) request.addHeader("traceparent", current.traceparent);
      if (!names.has("x-request-id")) request.addHeader("x-request-id", current.requestId);
    } catch {
      // The request goes out as the application made it.
    }
  });
  for (const module of [http, https]) {
    const original = module.request;
    const request = function request(...args) {
      const made = original.apply(this, args);
      try {
        const current = currentRequest();
        if (current !== undefined && !made.headersSent) {
          if (!made.hasHeader("traceparent")) made.setHeader("traceparent", current.traceparent);
          if (!made.hasHeader("x-request-id")) made.setHeader("X-Request-Id", current.requestId);
        }
      } catch {
        // As above.
      }
      return made;
    };
    module.request = request;
    module.get = function get(...args) {
      const made = request.apply(this, args);
      made.end();
      return made;
    };
  }
  syncBuiltinESMExports();
}

/** undici keeps headers as a list of names and values, older versions as raw lines. */
function headerNames(headers) {
  if (typeof headers === "string") return new Set(headers.split("\r\n").map((line) => line.split(":")[0].trim().toLowerCase()));
  return new Set((headers ?? []).filter((_, index) => index % 2 === 0).map((name) => String(name).toLowerCase()));
}
