import { connect } from "node:net";

/**
 * Tells the recorder that a test begins or ends, over one connection kept as long as the process lives (when it is gone, the
 * recorder ends what was announced over it). Plain HTTP on a socket of our own: the process may have node:http under mocks.
 */
export function eventsTo(lanes) {
  let socket;
  let buffered = "";
  const waiting = [];

  function open() {
    const { host, port } = lanes.address;
    buffered = "";
    const made = connect({ host, port });
    made.unref();
    made.setNoDelay(true);
    made.setEncoding("latin1");
    made.on("data", (text) => {
      buffered += text;
      // Answers are small and have a length; each settles the oldest waiting event.
      for (let end = answerEnd(buffered); end !== undefined; end = answerEnd(buffered)) {
        buffered = buffered.slice(end);
        waiting.shift()?.();
      }
    });
    const over = () => {
      if (socket === made) socket = undefined;
      for (const settle of waiting.splice(0)) settle();
    };
    made.on("error", over).on("close", over);
    return made;
  }

  /** Resolves when the event holds, or when it cannot: tests go on either way. */
  return function tell(event, test, status) {
    const body = JSON.stringify({
      event,
      ...test,
      at: performance.timeOrigin + performance.now(),
      untilClosed: true,
      ...(status ? { status } : {}),
    });
    return new Promise((resolve) => {
      const { host, port } = lanes.address;
      socket ??= open();
      const timer = setTimeout(resolve, 2000);
      waiting.push(() => {
        clearTimeout(timer);
        resolve();
        if (waiting.length === 0) socket?.unref();
      });
      socket.ref();
      socket.write(
        `POST /dojang/tests HTTP/1.1\r\nHost: ${host}:${port}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
    });
  };
}

function answerEnd(text) {
  const headEnd = text.indexOf("\r\n\r\n");
  if (headEnd === -1) return undefined;
  const head = text.slice(0, headEnd);
  const length = /content-length: *(\d+)/i.exec(head);
  if (length) {
    const end = headEnd + 4 + Number(length[1]);
    return text.length >= end ? end : undefined;
  }
  const end = text.indexOf("0\r\n\r\n", headEnd);
  return end === -1 ? undefined : end + 5;
}
