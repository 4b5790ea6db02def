/**
 * Puts `U+0001 id U+0002` in front of each line of one descriptor's output. Writes need not end with a line, so it is remembered
 * whether the next byte begins one. A line that carries a stamp already (a worker thread's, passed on by the main thread) is left.
 */
export function lineStamper() {
  let atLineStart = true;
  let unfinishedStamp = "";

  function stampText(text, stamp) {
    let result = "";
    let from = 0;
    while (from < text.length) {
      const newline = text.indexOf("\n", from);
      const to = newline === -1 ? text.length : newline + 1;
      const begins = atLineStart && text.charCodeAt(from) !== 1 && text.charCodeAt(from) !== 10;
      result += begins ? stamp + text.slice(from, to) : text.slice(from, to);
      atLineStart = newline !== -1;
      from = to;
    }
    return result;
  }

  return {
    /** For a stream: the chunk with its stamps, as text or bytes like it came. */
    stamp(chunk, id, encoding) {
      const stamp = `\u0001${id}\u0002`;
      if (typeof chunk === "string") {
        const isText = typeof encoding !== "string" || /^utf-?8$/i.test(encoding);
        return isText ? stampText(chunk, stamp) : chunk;
      }
      // Newlines and stamps are single bytes: latin1 takes any bytes there and back.
      return chunk instanceof Uint8Array ? Buffer.from(stampText(asText(chunk), stamp), "latin1") : chunk;
    },
    /** Notes where the output stands after a chunk that is not stamped. */
    pass(chunk) {
      const last = typeof chunk === "string" ? chunk.charCodeAt(chunk.length - 1) : chunk?.[chunk.length - 1];
      if (last !== undefined && !Number.isNaN(last)) atLineStart = last === 10;
      return chunk;
    },
    /**
     * For a descriptor, which may take fewer bytes than it is given: `wrote` turns the number of bytes that went out into the
     * number of the caller's own bytes among them, which is what the caller goes on from.
     */
    plan(data, id, encoding) {
      const stamp = `\u0001${id}\u0002`;
      const before = atLineStart;
      const carried = unfinishedStamp;
      const isText = typeof data === "string" && (encoding === undefined || /^utf-?8$/i.test(encoding));
      const source = isText ? data : asText(typeof data === "string" ? Buffer.from(data, encoding) : data);
      const stamped = carried + stampText(source, stamp);
      const output = isText ? stamped : Buffer.from(stamped, "latin1");
      return {
        output,
        /** Nothing went out. */
        undo() {
          atLineStart = before;
        },
        wrote(count) {
          const ownBytes = isText ? Buffer.byteLength(source) : source.length;
          // Stamps are ASCII: a character of them is a byte.
          if (count >= ownBytes + stamped.length - source.length) {
            unfinishedStamp = "";
            return ownBytes;
          }
          return partly({ count, source: isText ? Buffer.from(source) : Buffer.from(source, "latin1"), stamp, carried, before });
        },
      };
    },
  };

  /** Walks the plan again up to `count` bytes, and leaves the state as it is there. */
  function partly({ count, source, stamp, carried, before }) {
    if (count < carried.length) {
      unfinishedStamp = carried.slice(count);
      atLineStart = before;
      return 0;
    }
    unfinishedStamp = "";
    let left = count - carried.length;
    let own = 0;
    atLineStart = before;
    while (own < source.length && left > 0) {
      if (atLineStart && source[own] !== 1 && source[own] !== 10) {
        atLineStart = false;
        if (left < stamp.length) {
          unfinishedStamp = stamp.slice(left);
          return own;
        }
        left -= stamp.length;
        continue;
      }
      atLineStart = source[own] === 10;
      own++;
      left--;
    }
    return own;
  }
}

function asText(bytes) {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
