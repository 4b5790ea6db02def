import { AsyncLocalStorage } from "node:async_hooks";
import net from "node:net";

const flow = new AsyncLocalStorage();

/** The request being worked on: `{ requestId, traceparent }`, or undefined. */
export function currentRequest() {
  return flow.getStore();
}

export function runWith(request, work, ...args) {
  return flow.run(request, work, ...args);
}

export function install() {
  Object.defineProperty(globalThis, Symbol.for("dojang.runWithRequestId"), {
    configurable: true,
    value: (value, work) => {
      const request = readTrace(String(value ?? ""), undefined);
      return request ? flow.run(request, work) : work();
    },
  });
  // A connection to a database or a queue outlives the request that happened to open it: its events belong to no request,
  // which is better than to a wrong one. Code that awaits keeps its own flow anyway.
  const connect = net.Socket.prototype.connect;
  net.Socket.prototype.connect = function (...args) {
    return flow.getStore() ? flow.exit(() => connect.apply(this, args)) : connect.apply(this, args);
  };
}

/** From the headers of a request, or a traceparent or bare id that an application kept. */
export function readTrace(traceparent, requestId) {
  const carried = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/.exec(traceparent ?? "");
  if (carried) return { requestId: carried[1], traceparent };
  const bare = [requestId, traceparent].find((id) => typeof id === "string" && /^[0-9a-f]{32}$/.test(id));
  return bare && { requestId: bare, traceparent: `00-${bare}-${bare.slice(16)}-01` };
}
