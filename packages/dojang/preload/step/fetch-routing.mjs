import { subscribe } from "node:diagnostics_channel";
import net from "node:net";
import tls from "node:tls";
import { connectThrough, secureThrough } from "./connect-through.mjs";
import { currentTest, testHeader, tokenOf } from "./current-test.mjs";

/** One for each version of the dispatcher interface; Node and the undici package share them. */
const dispatchers = [1, 2].map((version) => Symbol.for(`undici.globalDispatcher.${version}`));
const lazyGlobals = ["fetch", "WebSocket", "EventSource"];

/**
 * Node's own fetch takes its connections from undici's global dispatcher, whose class can only be had once undici is loaded:
 * that is put off until `fetch`, `WebSocket` or `EventSource` is first touched. The undici package, when it is loaded, sets
 * the dispatcher anew. A dispatcher that is not the plain one (a mock, a proxy of the user's) stays.
 * Answers the function that takes the undici package's exports.
 */
export function routeFetch(lanes, routed) {
  const connect = connector(lanes, routed);
  const original = globalThis.fetch;
  const made = new WeakSet();
  const ours = (agent) => {
    made.add(agent);
    return agent;
  };
  let installed = false;
  const installNodes = () => {
    if (installed) return;
    installed = true;
    try {
      if (globalThis[dispatchers[0]] === undefined) original("data:,").catch(() => undefined);
      for (const name of dispatchers) {
        const Agent = globalThis[name]?.constructor;
        if (Agent?.name === "Agent") globalThis[name] = ours(new Agent({ connect }));
      }
    } catch {
      // fetch stays what it was.
    }
  };
  if (typeof original === "function") for (const name of lazyGlobals) whenTouched(name, installNodes);
  subscribe("undici:request:create", ({ request }) => identify(request, routed));
  return (undici) => {
    if (typeof undici?.setGlobalDispatcher !== "function") return;
    installed = true;
    const current = undici.getGlobalDispatcher();
    if (current.constructor.name === "Agent" && !made.has(current)) undici.setGlobalDispatcher(ours(new undici.Agent({ connect })));
  };
}

function whenTouched(name, act) {
  const descriptor = Object.getOwnPropertyDescriptor(globalThis, name);
  if (!descriptor?.configurable) return;
  const define = (value) =>
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: descriptor.enumerable });
  Object.defineProperty(globalThis, name, {
    configurable: true,
    enumerable: descriptor.enumerable,
    get() {
      act();
      const value = descriptor.get ? descriptor.get.call(globalThis) : descriptor.value;
      define(value);
      return value;
    },
    set: define,
  });
}

function identify(request, routed) {
  try {
    const { hostname, port, protocol } = new URL(request.origin);
    if (!routed(hostname, Number(port) || (protocol === "https:" ? 443 : 80))) return;
    const test = currentTest();
    if (test) request.addHeader(testHeader, tokenOf(test));
  } catch {
    // Unidentified, the request still has its lane.
  }
}

function connector(lanes, routed) {
  const direct = directConnector();
  return (options, callback) => {
    const isTls = options.protocol === "https:";
    const port = Number(options.port) || (isTls ? 443 : 80);
    const target = { ...options, host: options.hostname, port };
    if (!routed(options.hostname, port)) direct(target, callback);
    else if (isTls) secureThrough(lanes.address, { ...target, servername: options.servername || options.hostname }, callback);
    else connectThrough(lanes.address, target, callback);
  };
}

/** What undici does by itself for a target that passes the recorder by. */
function directConnector() {
  return (target, callback) => {
    const options = { host: target.hostname.replace(/^\[|\]$/g, ""), port: target.port, autoSelectFamily: true };
    const isTls = target.protocol === "https:";
    const servername = target.servername || (net.isIP(options.host) ? undefined : options.host);
    const socket = isTls ? tls.connect({ ...options, servername, ALPNProtocols: ["http/1.1"] }) : net.connect(options);
    socket.setNoDelay(true);
    const fail = (error) => callback(error, null);
    socket.once("error", fail);
    socket.once(isTls ? "secureConnect" : "connect", () => {
      socket.off("error", fail);
      callback(null, socket);
    });
  };
}
