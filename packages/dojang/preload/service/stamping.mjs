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
      return stamped.wrote(writeSync.call(this, fd, stamped.bytes));
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
  Module._load = function _load(request, ...rest) {
    const loaded = load.call(this, request, ...rest);
    try {
      if (request === "sonic-boom" && typeof loaded?.prototype?.write === "function") stampSonicBoom(loaded.prototype);
    } catch {
      // pino's asynchronous lines are then not stamped.
    }
    return loaded;
  };
}

const done = Symbol.for("dojang.stamped");

function stampSonicBoom(prototype) {
  if (prototype[done]) return;
  Object.defineProperty(prototype, done, { value: true });
  const write = prototype.write;
  prototype.write = function (data, ...rest) {
    const request = currentRequest();
    const isOutput = this.fd === 1 || this.fd === 2;
    const isLine = typeof data === "string" && data.charCodeAt(0) !== 1;
    return write.call(this, request && isOutput && isLine && !this.sync ? `\u0001${request.requestId}\u0002${data}` : data, ...rest);
  };
}
