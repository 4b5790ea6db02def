import { lookUpTestsBy, tokenOf } from "./current-test.mjs";
import { eventsTo } from "./events.mjs";

/**
 * Playwright. Browsers and request fixtures go through the worker's lane; a test's begin is known to the recorder before the
 * test gets a page. Everything hangs on the public API: `test.extend` with an automatic fixture (which Playwright sets up first,
 * also around beforeAll) and `proxy` of launch and newContext. A proxy the user set stays theirs.
 */
export function playwrightPatches(lanes) {
  const tell = eventsTo(lanes);
  const seen = new WeakSet();
  const extended = new WeakSet();
  let laneTaken = false;
  let current;

  const takeLane = () => {
    if (laneTaken || process.env.TEST_PARALLEL_INDEX === undefined) return;
    laneTaken = true;
    lanes.useWorker(Number(process.env.TEST_PARALLEL_INDEX));
  };

  async function begin(test) {
    takeLane();
    current = test;
    lanes.tellChildren(tokenOf(test));
    await tell("begin", test);
  }

  const surround = async (use, testInfo) => {
    const test = describe(testInfo);
    await begin(test);
    lookUpTestsBy(() => current);
    await use();
    // Playwright settles the status before it takes fixtures down; what comes later is only in its own report.
    await tell("end", test, statusOf(testInfo));
    if (current === test) current = undefined;
    lanes.tellChildren();
  };
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's dependencies from its source and wants a pattern.
  const fixture = async ({}, use, testInfo) => surround(use, testInfo);

  return (loaded) => {
    if (loaded === null || (typeof loaded !== "object" && typeof loaded !== "function") || seen.has(loaded)) return;
    seen.add(loaded);
    if (typeof loaded.chromium?.launch === "function") {
      patchBrowserTypes(loaded, lanes, takeLane);
      patchRequest(loaded, lanes, takeLane);
    }
    if (typeof loaded.test?.extend === "function" && typeof loaded.test.info === "function" && !extended.has(loaded.test)) {
      const test = loaded.test.extend({ dojangRecorder: [fixture, { auto: "all-hooks-included", box: true, title: "recorder" }] });
      extended.add(test);
      // The module is itself its `test` function and carries every export as a property. What the extended one has of its own
      // stays: with the first one's `extend`, tests that add fixtures would be made without ours.
      for (const [name, value] of Object.entries(loaded)) if (!Object.hasOwn(test, name)) test[name] = value;
      test.test = test;
      loaded.test = test;
      lookUpTestsBy(() => current ?? currentFrom(loaded));
    }
  };
}

function currentFrom({ test }) {
  try {
    return describe(test.info());
  } catch {
    return undefined;
  }
}

function patchBrowserTypes(playwright, lanes, takeLane) {
  const prototypes = new Set(
    [playwright.chromium, playwright.firefox, playwright.webkit].filter(Boolean).map((type) => Object.getPrototypeOf(type)),
  );
  for (const prototype of prototypes) {
    for (const [name, optionsAt] of [
      ["launch", 0],
      ["launchServer", 0],
      ["launchPersistentContext", 1],
    ]) {
      const original = prototype[name];
      if (typeof original !== "function" || original.dojang) continue;
      const patched = function (...args) {
        takeLane();
        args[optionsAt] = throughLane(this, args[optionsAt] ?? {}, lanes);
        return original.apply(this, args);
      };
      prototype[name] = Object.assign(patched, { dojang: true });
    }
  }
}

function throughLane(browserType, options, lanes) {
  const defaults = browserType._playwright?._defaultLaunchOptions ?? {};
  if (options.proxy ?? defaults.proxy) return options;
  const args = [...(options.args ?? defaults.args ?? [])];
  const isChromium = browserType.name?.() === "chromium";
  // Only certificates of this environment's authority are excused, not certificate errors as such.
  if (isChromium && lanes.spkiPin) args.push(`--ignore-certificate-errors-spki-list=${lanes.spkiPin}`);
  return { ...options, args, proxy: proxyOf(lanes) };
}

function proxyOf(lanes) {
  const { host, port } = lanes.address;
  const bypass = process.env.NO_PROXY ?? process.env.no_proxy ?? "";
  return { server: `http://${host.includes(":") ? `[${host}]` : host}:${port}`, ...(bypass ? { bypass } : {}) };
}

function patchRequest(playwright, lanes, takeLane) {
  const prototype = playwright.request && Object.getPrototypeOf(playwright.request);
  const original = prototype?.newContext;
  if (typeof original !== "function" || original.dojang) return;
  const patched = function (options = {}) {
    takeLane();
    const defaults = this._playwright?._defaultContextOptions ?? {};
    return original.call(this, { ...options, proxy: options.proxy ?? defaults.proxy ?? proxyOf(lanes) });
  };
  prototype.newContext = Object.assign(patched, { dojang: true });
}

function describe(testInfo) {
  return {
    file: testInfo.file,
    titlePath: testInfo.titlePath.slice(1),
    project: testInfo.project.name || undefined,
    attempt: testInfo.retry + 1,
  };
}

function statusOf({ status }) {
  if (status === "passed" || status === "skipped") return status;
  return status === undefined ? undefined : "failed";
}
