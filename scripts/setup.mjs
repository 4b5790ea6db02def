// Makes a fresh machine ready for this checkout: npm packages, then Debian or Ubuntu packages.
// Plain JavaScript, because it runs before Node 24 is there. Says what it installs, asks nothing.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const root = join(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "..");
export const node24 = join(root, "node_modules", "node", "bin", "node");

/** What each Debian package is for; `command` tells whether it is there already. */
const aptPackages = [
  { name: "bubblewrap", command: "bwrap", why: "isolated environments" },
  { name: "iproute2", command: "ip", why: "a network of its own for each service" },
  { name: "iptables", command: "iptables", why: "faults on the network" },
  { name: "util-linux", command: "setpriv", why: "guests without privileges" },
  { name: "git", command: "git", why: "changes" },
  { name: "redis-server", command: "redis-server", why: "services that ask for redis" },
  { name: "nginx-light", command: "nginx", why: "services that ask for nginx" },
  { name: "mariadb-server", command: "mariadbd", why: "services that ask for mysql or mariadb" },
  { name: "chromium", command: "chromium", otherCommand: "chromium-browser", why: "browser tests", notOn: "ubuntu" },
  { name: "python3-pytest", path: "/usr/lib/python3/dist-packages/pytest", why: "pytest suites" },
  { name: "python3-venv", path: "/usr/share/doc/python3-venv", why: "Python services" },
  { name: "openssl", command: "openssl", why: "certificates in tests" },
  { name: "pebble", command: "pebble", why: "an authority that gives certificates in tests", notOn: "ubuntu" },
  { name: "openjdk-17-jre-headless", command: "java", why: "WireMock, which the mock is compared with" },
];

/** Services that Debian starts by itself when installed: they would take ports of the machine for nothing. */
const servicesNotWanted = ["redis-server", "nginx", "mariadb"];

export function setup({ needed = aptPackages } = {}) {
  npmPackages();
  return systemPackages(needed);
}

function npmPackages() {
  const lock = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  const stamp = join(root, "node_modules", ".dojang-lock");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock && existsSync(node24)) return;
  say("npm packages: npm ci (Node 24, compilers and libraries, into node_modules)");
  const npm = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: root, stdio: ["ignore", 2, 2] });
  if (npm.status !== 0) fail("npm ci failed", "look at its message above; the npm registry must be reachable");
  ensureNode24();
  writeFileSync(stamp, lock);
}

/** npm may have been told not to run install scripts; the `node` package then lacks its binary, which is a package of its own. */
function ensureNode24() {
  if (existsSync(node24)) return;
  const script = join(root, "node_modules", "node", "installArchSpecificPackage.js");
  spawnSync(process.execPath, [script], { cwd: join(root, "node_modules", "node"), stdio: ["ignore", 2, 2] });
  if (!existsSync(node24)) fail("Node 24 did not arrive with the npm package `node`", "run: npm rebuild node");
}

/** Returns the packages that could not be installed, with what each would have been for. */
function systemPackages(packages) {
  const distribution = readDistribution();
  const missing = packages.filter((entry) => !present(entry) && entry.notOn !== distribution);
  if (missing.length === 0) return [];
  if (!["debian", "ubuntu"].includes(distribution)) return leftOut(missing, `this is ${distribution}, not Debian or Ubuntu`);
  const asRoot = rootPrefix();
  if (asRoot === undefined) return leftOut(missing, "this user is not root and has no sudo without a password");
  say(`system packages: apt-get install ${missing.map((entry) => entry.name).join(" ")}`);
  for (const entry of missing) say(`  ${entry.name}: ${entry.why}`);
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const before = new Set(runningServices());
  run([...asRoot, "apt-get", "update", "-qq"], environment);
  run([...asRoot, "apt-get", "install", "-y", "-qq", "--no-install-recommends", ...missing.map((entry) => entry.name)], environment);
  for (const service of runningServices().filter((name) => !before.has(name) && servicesNotWanted.includes(name))) {
    run([...asRoot, "systemctl", "disable", "--now", service], environment);
  }
  const stillMissing = missing.filter((entry) => !present(entry));
  return stillMissing.length === 0 ? [] : leftOut(stillMissing, "apt-get did not install them");
}

function leftOut(missing, reason) {
  say(`left out, because ${reason}:`);
  for (const entry of missing) say(`  ${entry.name}: ${entry.why}`);
  return missing.map((entry) => ({ name: entry.name, why: entry.why, reason }));
}

function present(entry) {
  if (entry.path) return existsSync(entry.path);
  return [entry.command, entry.otherCommand].some((name) => name && commandPath(name) !== undefined);
}

function commandPath(name) {
  const folders = [...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/sbin"];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  return spawnSync("sudo", ["-n", "true"], { stdio: "ignore" }).status === 0
    ? ["sudo", "-n", "env", "DEBIAN_FRONTEND=noninteractive"]
    : undefined;
}

function runningServices() {
  if (!existsSync("/run/systemd/system")) return [];
  const listed = spawnSync("systemctl", ["list-units", "--type=service", "--state=running", "--plain", "--no-legend"], {
    encoding: "utf8",
  });
  return (listed.stdout ?? "").split("\n").map((line) => line.split(".service")[0]);
}

function readDistribution() {
  if (process.platform !== "linux" || !existsSync("/etc/os-release")) return process.platform;
  const release = readFileSync("/etc/os-release", "utf8");
  return /^ID="?([a-z]+)"?$/m.exec(release)?.[1] ?? "linux";
}

function run(command, environment) {
  const done = spawnSync(command[0], command.slice(1), { env: environment, stdio: ["ignore", "ignore", 2] });
  if (done.status !== 0) say(`${command.join(" ")}: exit ${done.status}`);
}

function say(text) {
  process.stderr.write(`setup: ${text}\n`);
}

function fail(what, fix) {
  process.stderr.write(`setup: ${what}; ${fix}\n`);
  process.exit(3);
}

if (process.argv[1]?.endsWith("setup.mjs")) setup();
