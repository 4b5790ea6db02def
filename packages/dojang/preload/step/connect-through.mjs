import net from "node:net";
import tls from "node:tls";

const connect = net.connect;
const secure = tls.connect;

/** Opens a connection to `target` through the lane. A refusal there is the same error here as without a recorder. */
export function connectThrough(lane, target, callback) {
  const host = String(target.host).replace(/^\[|\]$/g, "");
  const authority = `${host.includes(":") ? `[${host}]` : host}:${target.port}`;
  const socket = connect({ host: lane.host, port: lane.port });
  let head = Buffer.alloc(0);
  const fail = (error) => {
    socket.off("readable", read);
    socket.destroy();
    callback(error, null);
  };
  const closed = () => fail(connectError("ECONNRESET", host, target.port));
  function read() {
    for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) head = Buffer.concat([head, chunk]);
    const end = head.indexOf("\r\n\r\n");
    if (end === -1) return;
    socket.off("readable", read).off("error", fail).off("end", closed);
    const text = head.subarray(0, end).toString("latin1");
    if (!/^HTTP\/1\.[01] 200/.test(text)) {
      fail(connectError(/^x-dojang-error: *(\S+)/im.exec(text)?.[1] ?? "ECONNREFUSED", host, target.port));
      return;
    }
    const rest = head.subarray(end + 4);
    if (rest.length > 0) socket.unshift(rest);
    callback(null, socket);
  }
  socket.setNoDelay(true);
  socket.on("readable", read).once("error", fail).once("end", closed);
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
}

/** The same with TLS on top; `target` holds tls.connect's options. */
export function secureThrough(lane, target, callback) {
  connectThrough(lane, target, (error, socket) => {
    if (error) {
      callback(error, null);
      return;
    }
    const { host, port: _port, path: _path, servername, ...options } = target;
    const name = servername || (net.isIP(host) ? undefined : host);
    const secured = secure({ ALPNProtocols: ["http/1.1"], ...options, socket, host, ...(name ? { servername: name } : {}) });
    const fail = (cause) => {
      secured.destroy();
      callback(cause, null);
    };
    secured.once("error", fail);
    secured.once("secureConnect", () => {
      secured.off("error", fail);
      callback(null, secured);
    });
  });
}

function connectError(code, host, port) {
  return Object.assign(new Error(`connect ${code} ${host}:${port}`), { code, errno: undefined, syscall: "connect", address: host, port });
}
