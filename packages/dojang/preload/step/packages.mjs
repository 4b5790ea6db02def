import Module from "node:module";

/** Calls back with the exports of packages of interest, whoever loads them: `require` and `import` of CommonJS both pass here. */
export function watchPackages({ undici, playwright }) {
  const load = Module._load;
  Module._load = function _load(request, ...rest) {
    const loaded = load.call(this, request, ...rest);
    try {
      if (typeof request === "string") {
        if (/^undici$|[\\/]undici[\\/]index\.js$/.test(request)) undici(loaded);
        else if (request.includes("playwright")) playwright(loaded);
      }
    } catch (error) {
      // The package works as it would without us.
      if (process.env.DOJANG_DEBUG) process.stderr.write(`dojang: ${request} is used as it is: ${error?.stack ?? error}\n`);
    }
    return loaded;
  };
}
