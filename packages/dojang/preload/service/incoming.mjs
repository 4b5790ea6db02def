import http from "node:http";
import https from "node:https";
import { currentRequest, readTrace, runWith } from "./context.mjs";

const requests = new Set(["request", "checkContinue", "checkExpectation", "upgrade"]);

export function install() {
  for (const { prototype } of [http.Server, https.Server]) {
    const emit = prototype.emit;
    prototype.emit = function (event, ...args) {
      const [request, response] = args;
      const trace = requests.has(event) ? readTrace(request?.headers?.traceparent, request?.headers?.["x-request-id"]) : undefined;
      if (trace === undefined) return emit.call(this, event, ...args);
      follow(request, trace);
      if (event !== "upgrade") follow(response, trace);
      return runWith(trace, Reflect.apply, emit, this, [event, ...args]);
    };
  }
}

/** A body's `data` and `end`, and the answer's `finish`, come from the connection, which knows nothing of this request. */
function follow(emitter, trace) {
  const emit = emitter.emit;
  emitter.emit = function (...args) {
    return currentRequest() === trace ? emit.apply(this, args) : runWith(trace, Reflect.apply, emit, this, args);
  };
}
