/** SQLSTATE classes and system errors that mean: the connection is gone or the server is not ready; the same work may succeed again. */
const lossCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "57P01", // admin_shutdown
  "57P02", // crash_shutdown
  "57P03", // cannot_connect_now
]);

/**
 * pg throws some losses without a code; seen with pg 8:
 * "Connection terminated unexpectedly", "Connection terminated due to connection timeout",
 * "timeout exceeded when trying to connect", "Client has encountered a connection error and is not queryable".
 */
const lossMessages = [/^Connection terminated/, /^timeout exceeded when trying to connect/, /is not queryable$/];

export function isConnectionLoss(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isConnectionLoss);
  if (!(error instanceof Error)) return false;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return lossCodes.has(code) || code.startsWith("08") || lossMessages.some((pattern) => pattern.test(error.message));
}
