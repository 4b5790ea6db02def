import http from "node:http";
import https from "node:https";
import { syncBuiltinESMExports } from "node:module";
import { connectThrough, secureThrough } from "./connect-through.mjs";
import { currentTest, testHeader, tokenOf } from "./current-test.mjs";

/**
 * Sends what this process asks of services through its lane: each connection becomes a CONNECT, whatever the Node version and
 * whichever agent keeps it. So connections stay one to one with the service's, and a lane chosen late counts for the next one.
 * Requests carry the identity of the test that made them; the recorder takes it off again.
 */
export function installRouting(lanes) {
  const routed = (host, port) => !lanes.passesBy(host, port);
  routeAgents(lanes, routed);
  identifyRequests(lanes, routed);
  const useFetch = routeFetch(lanes, routed);
  return { useFetch };
}

function routeAgents(lanes, routed) {
  const plain = http.Agent.prototype.createConnection;
  http.Agent.prototype.createConnection = function createConnection(options, callback, ...rest) {
    if (!isRouted(options, routed, 80)) return plain.call(this, options, callback, ...rest);
    connectThrough(lanes.address, { host: hostOf(options), port: Number(options.port) || 80 }, callback);
    return undefined;
  };
  const secure = https.Agent.prototype.createConnection;
  https.Agent.prototype.createConnection = function createConnection(options, callback, ...rest) {
    if (!isRouted(options, routed, 443)) return secure.call(this, options, callback, ...rest);
    secureThrough(lanes.address, { ...options, host: hostOf(options), port: Number(options.port) || 443 }, callback);
    return undefined;
  };
}

function isRouted(options, routed, defaultPort) {
  return (
    typeof options === "object" && options !== null && !options.socketPath && routed(hostOf(options), Number(options.port) || defaultPort)
  );
}

function hostOf(options) {
  return options.host ?? options.hostname ?? "localhost";
}

function identifyRequests(lanes, routed) {
  for (const [module, defaultPort, through] of [
    [http, 80, connectThrough],
    [https, 443, secureThrough],
  ]) {
    const original = module.request;
    const request = function request(...args) {
      routeOwnConnection(args, routed, { lanes, defaultPort, through });
      const made = original.apply(this, args);
      identify(made, routed, lanes);
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

/** A client that opens its own connection (the `ws` package does) is given ours. */
function routeOwnConnection(args, routed, { lanes, defaultPort, through }) {
  const options = args.find((arg) => typeof arg === "object" && arg !== null && !(arg instanceof URL));
  if (typeof options?.createConnection !== "function" || options.agent || options.socketPath) return;
  const port = Number(options.port) || defaultPort;
  const host = hostOf(options);
  if (!/^(net|tls)Connect$|^(connect|createConnection)$/.test(options.createConnection.name) || !routed(host, port)) return;
  args[args.indexOf(options)] = {
    ...options,
    createConnection: (asked, callback) => void through(lanes.address, { ...asked, host, port, path: undefined }, callback),
  };
}

function identify(request, routed, lanes) {
  try {
    if (request.headersSent || request.socketPath) return;
    const [, host = request.host, port = request.protocol === "https:" ? 443 : 80] =
      /^\[?(.*?)\]?(?::(\d+))?$/.exec(request.getHeader("host") ?? "") ?? [];
    const isLane = lanes.all.some((lane) => lane.host === request.host);
    if (!isLane && !routed(request.host ?? host, Number(port))) return;
    const test = currentTest();
    if (test) request.setHeader(testHeader, tokenOf(test));
  } catch {
    // Unidentified, the request still has its lane.
  }
}

/** Node's own fetch and the undici package share one dispatcher; its class is only known once either has been loaded. */
function routeFetch(lanes, routed) {
  const dispatcher = Symbol.for("undici.globalDispatcher.1");
  const original = globalThis.fetch;
  let done = false;

  function useFetch() {
    if (done) return;
    done = true;
    try {
      if (globalThis[dispatcher] === undefined) original("data:,").catch(() => undefined);
      const Agent = globalThis[dispatcher]?.constructor;
      // Someone else's dispatcher (a mock, a proxy of their own) is their decision.
      if (Agent?.name !== "Agent") return;
      const plain = directConnector();
      globalThis[dispatcher] = new Agent({
        connect(options, callback) {
          const port = Number(options.port) || (options.protocol === "https:" ? 443 : 80);
          const target = { ...options, host: options.hostname, port };
          if (!routed(options.hostname, port)) plain(target, callback);
          else if (options.protocol === "https:")
            secureThrough(lanes.address, { ...target, servername: options.servername || options.hostname }, callback);
          else connectThrough(lanes.address, target, callback);
        },
      });
    } catch {
      // fetch stays what it was.
    }
  }

  if (typeof original !== "function") return useFetch;
  const lazily = (name) => {
    const descriptor = Object.getOwnPropertyDescriptor(globalThis, name);
    if (!descriptor?.configurable) return;
    const read = descriptor.get ? () => descriptor.get.call(globalThis) : () => descriptor.value;
    const define = (value) =>
      Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: descriptor.enumerable });
    Object.defineProperty(globalThis, name, {
      configurable: true,
      enumerable: descriptor.enumerable,
      get() {
        useFetch();
        const value = read();
        define(value);
        return value;
      },
      set: define,
    });
  };
  for (const name of ["fetch", "WebSocket", "EventSource"]) lazily(name);
  identifyFetches(routed);
  return useFetch;
}

function identifyFetches(routed) {
  void import("node:diagnostics_channel").then(({ subscribe }) => {
    subscribe("undici:request:create", ({ request }) => {
      try {
        const { hostname, port, protocol } = new URL(request.origin);
        if (!routed(hostname, Number(port) || (protocol === "https:" ? 443 : 80))) return;
        const test = currentTest();
        if (test) request.addHeader(testHeader, tokenOf(test));
      } catch {
        // Unidentified, the request still has its lane.
      }
    });
  });
}

/** What undici does by itself for a target that passes the recorder by. */
function directConnector() {
  return (target, callback) => {
    void Promise.all([import("node:net"), import("node:tls")]).then(([net, tls]) => {
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
    });
  };
}
