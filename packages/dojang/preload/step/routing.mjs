import http from "node:http";
import https from "node:https";
import { syncBuiltinESMExports } from "node:module";
import { connectThrough, secureThrough } from "./connect-through.mjs";
import { currentTest, testHeader, tokenOf } from "./current-test.mjs";
import { routeFetch } from "./fetch-routing.mjs";

/**
 * Sends what this process asks of services through its lane: each connection becomes a CONNECT, whatever the Node version and
 * whichever agent keeps it. So connections stay one to one with the service's, and a lane chosen late counts for the next one.
 * Requests carry the identity of the test that made them; the recorder takes it off again.
 */
export function installRouting(lanes) {
  const routed = (host, port) => !lanes.passesBy(host, port);
  routeAgents(lanes, routed);
  identifyRequests(lanes, routed);
  return routeFetch(lanes, routed);
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
