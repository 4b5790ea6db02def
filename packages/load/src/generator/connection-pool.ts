import { LastHead } from "../http/response-reader.ts";
import type { ConnectionLimits, LoadTarget } from "../plan/load-plan.ts";
import type { LoadError } from "../result/load-result.ts";
import { ArrivalClock } from "./arrival-clock.ts";
import { Connection, type ConnectionEvents, type Exchange, type TrafficConnection } from "./connection.ts";
import { Http2Connection, Http2Sessions } from "./http2-connection.ts";

/**
 * The connections of one thread. A request takes a free one, else waits; connections are opened for those that wait, up to the
 * limit. The one that was free last is taken first, so that a quiet run keeps few alive.
 */
export interface ConnectionPool {
  /** True when it was handed to a connection at once; else it waits. False too when the queue is full: then it has failed. */
  send(exchange: Exchange): boolean;
  readonly open: number;
  readonly waiting: number;
  readonly peak: number;
  /** Fails what takes longer than the limit; called now and then. */
  expire(now: number): void;
  /** Everything that is open or waits fails with `error`. Safe twice. */
  close(error: LoadError): void;
}

export interface PoolOptions {
  readonly target: LoadTarget;
  readonly limits: ConnectionLimits;
  readonly timeoutMs: number;
  /** How many may wait for a connection. */
  readonly maxWaiting: number;
}

export function createConnectionPool({ target, limits, timeoutMs, maxWaiting }: PoolOptions): ConnectionPool {
  const all = new Set<TrafficConnection>();
  const free: TrafficConnection[] = [];
  const shared = { readBuffer: Buffer.allocUnsafe(64 * 1024), lastHead: new LastHead(), clock: new ArrivalClock() };
  const waiting = createQueue<{ readonly exchange: Exchange; readonly since: number }>();
  const sessions = new Http2Sessions(target);
  const connect = (events: ConnectionEvents): TrafficConnection => {
    const { connectTimeoutMs, requestsEach = Number.POSITIVE_INFINITY } = limits;
    if (target.protocol === "h2") return new Http2Connection({ target, connectTimeoutMs, sessions }, events);
    return new Connection({ target, connectTimeoutMs, requests: requestsEach, ...shared }, events);
  };
  let connecting = 0;
  let peak = 0;
  let closed = false;

  const handOver = (connection: TrafficConnection): void => {
    const next = waiting.take();
    if (next === undefined) free.push(connection);
    // It went away meanwhile: the request goes back to the front, and its end opens another.
    else if (!connection.send(next.exchange)) waiting.putBack(next);
  };
  const openOne = (): void => {
    connecting++;
    const connection = connect({
      onFree(each) {
        if (pending.delete(each)) connecting--;
        if (closed) each.close();
        else handOver(each);
      },
      onClosed(each, unsent) {
        if (pending.delete(each)) connecting--;
        all.delete(each);
        const at = free.lastIndexOf(each);
        if (at !== -1) free.splice(at, 1);
        if (unsent !== undefined) resend(unsent);
        // Nobody can say for which of those that wait it was meant: the oldest learns why it failed.
        if (each.lastFailure !== undefined) {
          const oldest = waiting.take();
          oldest?.exchange.onFailure(each.lastFailure.error, each.lastFailure.detail, performance.now());
        }
        openForWaiting();
      },
    });
    pending.add(connection);
    all.add(connection);
    peak = Math.max(peak, all.size);
  };
  const pending = new Set<TrafficConnection>();
  const openForWaiting = (): void => {
    while (!closed && all.size < limits.max && connecting < waiting.length) openOne();
  };
  const resend = (exchange: Exchange): void => {
    exchange.retried = true;
    if (!sendFree(exchange)) waiting.putBack({ exchange, since: performance.now() });
  };
  const sendFree = (exchange: Exchange): boolean => {
    for (let connection = free.pop(); connection !== undefined; connection = free.pop()) {
      if (connection.send(exchange)) return true;
    }
    return false;
  };
  // On its own: V8 throws optimized code away for good while it has an object in it whose shape changed before the path went cold.
  const queueUp = (exchange: Exchange): void => {
    waiting.put({ exchange, since: performance.now() });
    openForWaiting();
  };

  return {
    send(exchange) {
      if (sendFree(exchange)) return true;
      if (closed || waiting.length >= maxWaiting) {
        exchange.onFailure("unsent", "too many requests wait for a connection", performance.now());
        return false;
      }
      queueUp(exchange);
      return false;
    },
    get open() {
      return all.size;
    },
    get waiting() {
      return waiting.length;
    },
    get peak() {
      return peak;
    },
    expire(now) {
      for (const connection of all) {
        const exchange = connection.exchange;
        if (exchange !== undefined && now - exchange.sentAt > timeoutMs)
          connection.abort("timeout", `no complete answer within ${timeoutMs} ms`);
      }
      for (let oldest = waiting.first(); oldest !== undefined && now - oldest.since > timeoutMs; oldest = waiting.first()) {
        waiting.take();
        oldest.exchange.onFailure("timeout", `no free connection within ${timeoutMs} ms`, now);
      }
    },
    close(error) {
      closed = true;
      for (let next = waiting.take(); next !== undefined; next = waiting.take())
        next.exchange.onFailure(error, "the run was over", performance.now());
      for (const connection of [...all]) {
        if (connection.exchange !== undefined) connection.abort(error, "the run was over");
        else connection.close();
      }
    },
  };
}

interface Queue<Item> {
  readonly length: number;
  put(item: Item): void;
  putBack(item: Item): void;
  take(): Item | undefined;
  first(): Item | undefined;
}

/** First in, first out, without moving what is in it. */
function createQueue<Item>(): Queue<Item> {
  let items: (Item | undefined)[] = [];
  let head = 0;
  return {
    get length() {
      return items.length - head;
    },
    put(item) {
      items.push(item);
    },
    putBack(item) {
      if (head > 0) items[--head] = item;
      else items.unshift(item);
    },
    take() {
      const item = items[head];
      if (item === undefined) return undefined;
      items[head++] = undefined;
      if (head > 4096 && head * 2 > items.length) {
        items = items.slice(head);
        head = 0;
      }
      return item;
    },
    first: () => items[head],
  };
}
