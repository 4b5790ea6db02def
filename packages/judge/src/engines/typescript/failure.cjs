/** A failed test as it is told: an assertion of its author's or anything else that was thrown, and where in the submission. */
const messageLength = 2000;

function failure(name, error, durationMs) {
  const isError = typeof error === "object" && error !== null;
  const by = isError && (error.code === "ERR_ASSERTION" || error.name === "AssertionError") ? "assertion" : "error";
  let message;
  try {
    message = isError ? `${by === "assertion" ? "" : `${error.name}: `}${error.message}` : String(error);
  } catch {
    message = "(its message could not be read)";
  }
  return { name, outcome: "failed", by, message: message.slice(0, messageLength), line: lineOf(error), durationMs };
}

function lineOf(error) {
  try {
    const found = /\/work\/[^\s:)]*\.test\.ts[^\s:)]*:(\d+)/.exec(String(error?.stack));
    return found === null ? undefined : Number(found[1]);
  } catch {
    return undefined;
  }
}

module.exports = { failure, messageLength };
