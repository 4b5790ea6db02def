import { closeSync, mkdirSync, openSync, readFileSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";

/**
 * DOJANG_LANES is `host:port,host:port,...`. Lane 0 is the step's: what has no test of its own. The others belong to test
 * workers; a runner that numbers its workers gets the lane of that number, any other process claims a free one.
 */
export function readLanes(env) {
  const addresses = (env.DOJANG_LANES ?? "").split(",").filter(Boolean).map(readAddress);
  if (addresses.length === 0 || addresses.some((address) => address === undefined)) return undefined;
  let current = 0;
  return {
    get address() {
      return addresses[current];
    },
    all: addresses,
    passesBy: noProxyMatcher(env.NO_PROXY ?? env.no_proxy ?? "", addresses),
    spkiPin: env.DOJANG_SPKI,
    /** Takes the lane of the worker with this number, from 0; more workers than lanes share. */
    useWorker(index) {
      if (addresses.length > 1) current = 1 + (index % (addresses.length - 1));
      tellChildren(addresses[current]);
    },
    claim() {
      const claimed = claimLane(env.DOJANG_LANE_DIRECTORY, addresses.length);
      if (claimed !== undefined) current = claimed;
      tellChildren(addresses[current]);
    },
    /** What child processes that know nothing but proxy variables will use; with `token` they ask as that test. */
    tellChildren: (token) => tellChildren(addresses[current], token),
  };
}

function readAddress(text) {
  const match = /^\[?([^\]]+?)\]?:(\d+)$/.exec(text.trim());
  return match ? { host: match[1], port: Number(match[2]) } : undefined;
}

function tellChildren({ host, port }, token) {
  const url = `http://${token ? `${token}:x@` : ""}${host.includes(":") ? `[${host}]` : host}:${port}`;
  for (const name of ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"]) process.env[name] = url;
}

/** A file per lane made with O_EXCL; one whose process is gone is free again. */
function claimLane(directory, count) {
  if (!directory) return undefined;
  mkdirSync(directory, { recursive: true });
  for (let lane = 1; lane < count; lane++) {
    const path = join(directory, `lane-${lane}`);
    for (let attempt = 0; attempt < 2; attempt++) {
      try {
        const file = openSync(path, "wx");
        writeSync(file, String(process.pid));
        closeSync(file);
        process.on("exit", () => unlinkQuietly(path));
        return lane;
      } catch (error) {
        if (error.code !== "EEXIST") return undefined;
        if (isHeld(path)) break;
        unlinkQuietly(path);
      }
    }
  }
  return undefined;
}

function isHeld(path) {
  try {
    const pid = Number(readFileSync(path, "utf8"));
    // Empty: its owner is between making and writing it.
    if (!pid) return true;
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function unlinkQuietly(path) {
  try {
    unlinkSync(path);
  } catch {
    // Someone else was faster.
  }
}

/** NO_PROXY as curl and undici read it: names, `.suffix`, `*.suffix`, `host:port`, `*`. The lanes themselves always pass by. */
export function noProxyMatcher(noProxy, addresses) {
  const rules = noProxy
    .split(/[\s,]+/)
    .filter(Boolean)
    .map((rule) =>
      /^\[?(.*?)\]?(?::(\d+))?$/.exec(rule.includes(":") && rule.split(":").length > 2 && !rule.startsWith("[") ? `[${rule}]` : rule),
    )
    .map((match) => ({ host: match[1].toLowerCase().replace(/^\*?\./, "."), port: match[2] ? Number(match[2]) : undefined }));
  return (host, port) => {
    const name = String(host ?? "localhost")
      .toLowerCase()
      .replace(/^\[|\]$/g, "");
    if (addresses.some((lane) => lane.host === name && lane.port === Number(port))) return true;
    return rules.some((rule) => {
      if (rule.port !== undefined && rule.port !== Number(port)) return false;
      return (
        rule.host === "*" || rule.host === name || (rule.host.startsWith(".") && (name.endsWith(rule.host) || name === rule.host.slice(1)))
      );
    });
  };
}
