/** Waiting for what a guest returns: a promise may never settle, and an error may be thrown where nobody catches it. */
class Deadlock extends Error {}

/** What is thrown where nobody catches it belongs to the test that runs. */
let stray;
process.on("uncaughtException", (error) => stray?.(error));
process.on("unhandledRejection", (error) => stray?.(error));

/** Of a promise, or of an event loop that has nothing left to do and will never settle it. */
async function settled(promise) {
  let fail;
  const stuck = new Promise((_, reject) => {
    // By way of the loop, so that it goes on: it ends after an event that leaves it with nothing to do.
    fail = () => setImmediate(() => reject(new Deadlock("the promise is pending and nothing is left that could settle it")));
  });
  process.once("beforeExit", fail);
  const strayed = new Promise((_, reject) => {
    stray = reject;
  });
  try {
    return await Promise.race([promise, stuck, strayed]);
  } finally {
    process.removeListener("beforeExit", fail);
    stray = undefined;
  }
}

/** A function that takes a second argument is done when it calls that one. */
function call(fn, context) {
  if (fn === undefined) return undefined;
  if (fn.length < 2) return fn(context);
  return new Promise((resolve, reject) => fn(context, (error) => (error ? reject(error) : resolve())));
}

module.exports = { call, settled };
