// Loaded before a Node service where services share the host's network (`node --import`). The service listens on its own
// loopback address instead of every address, and finds the other services by their names.
// DOJANG_LOOPBACK: { host, ports: { asked: real }, others: [{ names, host, ports }] }
import net from "node:net";

const own = JSON.parse(process.env.DOJANG_LOOPBACK ?? "null");

if (own !== null) {
  const everywhere = new Set([undefined, null, "", "0.0.0.0", "::", "::0", "localhost", "127.0.0.1", "::1"]);
  const itself = new Set([undefined, null, "", "localhost", "127.0.0.1", "::1", "0.0.0.0"]);
  const others = new Map(own.others.flatMap((other) => other.names.map((name) => [name, other])));

  // Node's own calls hand an already normalized [options, callback] array on.
  const normalize = net._normalizeArgs;

  const listen = net.Server.prototype.listen;
  net.Server.prototype.listen = function (...args) {
    const [options, callback] = normalize(Array.isArray(args[0]) ? args[0] : args);
    const isAddress = (options.port ?? null) !== null && (options.path ?? null) === null && (options.fd ?? null) === null;
    if (!isAddress || !everywhere.has(options.host)) return listen.apply(this, args);
    const port = Number(options.port);
    const real = { ...options, host: own.host, port: own.ports[port] ?? port, ipv6Only: false };
    return callback === null ? listen.call(this, real) : listen.call(this, real, callback);
  };

  const connect = net.Socket.prototype.connect;
  net.Socket.prototype.connect = function (...args) {
    const normalized = Array.isArray(args[0]) ? args[0] : normalize(args);
    const options = normalized[0];
    const port = Number(options?.port);
    // An http.Agent says "no path" with null.
    if ((options?.path ?? null) !== null || Number.isNaN(port)) return connect.apply(this, args);
    const other = others.get(options.host) ?? (itself.has(options.host) && String(port) in own.ports ? own : undefined);
    if (other !== undefined) Object.assign(options, { host: other.host, port: other.ports[port] ?? port });
    return connect.call(this, normalized);
  };
}
