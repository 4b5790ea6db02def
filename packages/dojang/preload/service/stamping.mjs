import fs from "node:fs";
import Module, { syncBuiltinESMExports } from "node:module";
import { currentRequest } from "./context.mjs";
import { lineStamper } from "./line-stamper.mjs";

/**
 * Three ways lead to a descriptor: the process's streams (console, winston), synchronous writes (pino), and buffers that are
 * written later, by when the request is another one (pino with `sync: false`): those are stamped as they enter the buffer.
 */
export function install() {
  const stampers = { 1: lineStamper(), 2: lineStamper() };
  stampStream("stdout", stampers[1]);
  stampStream("stderr", stampers[2]);
  stampDescriptors(stampers);
  stampBuffers();
}

function stampStream(name, stamper) {
  const descriptor = Object.getOwnPropertyDescriptor(process, name);
  let known;
  // Through the getter, so that a process that never writes does not open its streams.
  Object.defineProperty(process, name, {
    ...descriptor,
    get() {
      const stream = descriptor.get.call(process);
      if (stream && stream !== known) {
        known = stream;
        const write = stream.write;
        stream.write = function (chunk, ...rest) {
          const request = currentRequest();
          return write.call(this, request ? stamper.stamp(chunk, request.requestId, rest[0]) : stamper.pass(chunk), ...rest);
        };
      }
      return stream;
    },
  });
}

function stampDescriptors(stampers) {
  const writeSync = fs.writeSync;
  fs.writeSync = function (fd, data, ...rest) {
    const stamper = stampers[fd];
    if (stamper === undefined) return writeSync.call(this, fd, data, ...rest);
    // With an offset, a length or a position the caller means part of something: it is handed on untouched.
    const isWhole = rest.every((argument) => argument === undefined || argument === null || typeof argument === "string");
    const request = isWhole ? currentRequest() : undefined;
    if (request === undefined) {
      stamper.pass(data);
      return writeSync.call(this, fd, data, ...rest);
    }
    const stamped = stamper.plan(data, request.requestId, rest[1]);
    try {
      return stamped.wrote(writeSync.call(this, fd, stamped.output));
    } catch (error) {
      // A full pipe (EAGAIN): the logger tries the same bytes again.
      stamped.undo();
      throw error;
    }
  };
  syncBuiltinESMExports();
}

function stampBuffers() {
  const load = Module._load;
  let stamped;
  Module._load = function _load(request, ...rest) {
    const loaded = load.call(this, request, ...rest);
    if (request !== "sonic-boom" || typeof loaded !== "function") return loaded;
    stamped ??= stampingSonicBoom(loaded);
    return stamped;
  };
}

/** pino's writer gives each instance its own `write`. With `sync` it writes at once, and the descriptor's stamp is right. */
function stampingSonicBoom(SonicBoom) {
  const stamping = (made) => {
    const write = made?.write;
    if (typeof write !== "function") return made;
    made.write = function (data) {
      const request = currentRequest();
      const isOutput = this.fd === 1 || this.fd === 2;
      const isLine = typeof data === "string" && data.charCodeAt(0) !== 1;
      return write.call(this, request && isOutput && isLine && !this.sync ? `\u0001${request.requestId}\u0002${data}` : data);
    };
    return made;
  };
  return new Proxy(SonicBoom, {
    construct: (target, args, newTarget) => stamping(Reflect.construct(target, args, newTarget)),
    apply: (target, self, args) => stamping(Reflect.apply(target, self, args)),
  });
}
