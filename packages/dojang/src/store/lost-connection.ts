import { Problem } from "@dojang/model";

/** https://www.postgresql.org/docs/18/errcodes-appendix.html: class 08, and the shutdowns of 57. */
const lostStates = new Set(["57P01", "57P02", "57P03", "25P03"]);
const lostSystemCalls = new Set(["ECONNREFUSED", "ECONNRESET", "ENOENT", "EPIPE", "ETIMEDOUT", "EHOSTUNREACH", "EAI_AGAIN"]);

/** Whether the connection, and not the statement, is at fault. The statement may or may not have been done. */
export function isConnectionLost(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ("code" in error && typeof error.code === "string") {
    return lostStates.has(error.code) || error.code.startsWith("08") || lostSystemCalls.has(error.code);
  }
  return isPgDriverLoss(error.message);
}

/**
 * pg reports these without a code. Samples (pg 8.23): "Connection terminated unexpectedly", "Connection terminated",
 * "Client has encountered a connection error and is not queryable", "timeout exceeded when trying to connect".
 */
function isPgDriverLoss(message: string): boolean {
  return /^(Connection terminated|Client has encountered a connection error|Client was closed and is not queryable|timeout exceeded when trying to connect)/.test(
    message,
  );
}

export function storeUnavailable(cause: unknown): Problem {
  const seen = cause instanceof Error ? cause.message : String(cause);
  return new Problem({
    code: "store-unavailable",
    message: `the database does not answer: ${seen}`,
    fix: "start the command again; when it repeats, read postgres/server.log in DOJANG_HOME, or check DATABASE_URL",
    exit: "infrastructure",
    cause,
  });
}

/** True for what the store throws when its database is gone, whatever is told as the reason. */
export function isStoreUnavailable(error: unknown): error is Problem {
  return error instanceof Problem && (error.code === "store-unavailable" || (error.code === "disk-full" && isConnectionLost(error.cause)));
}

/** As many as the pool holds: after a restart of the server each of them may turn out broken, one call after the other. */
export const poolSize = 8;

/** For writes that may be done twice without harm: again on a fresh connection, until the pool has none of the broken ones left. */
export async function retryWhenLost<T>(call: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + 20_000;
  for (let attempt = 0; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (attempt >= poolSize || Date.now() >= deadline || !isStoreUnavailable(error)) throw error;
    }
  }
}
