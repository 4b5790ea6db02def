import { readdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { AvailabilityCheck } from "../contract.ts";
import { describeProgram, type MachineFacts, type ProgramFamily } from "../programs/machine-facts.ts";
import { runTool } from "../sandbox/agent/run-tool.ts";

/** Programs that play images, and those that steps of many projects need. None is needed by every project. */
export async function programChecks(machine: MachineFacts): Promise<readonly AvailabilityCheck[]> {
  return [
    played(machine, {
      name: "PostgreSQL",
      families: ["postgres"],
      install: "`npm install` in Dojang's checkout, or `sudo apt-get install -y postgresql`",
    }),
    played(machine, { name: "Redis or Valkey", families: ["redis", "valkey"], install: "`sudo apt-get install -y redis-server`" }),
    played(machine, { name: "MariaDB or MySQL", families: ["mariadb", "mysql"], install: "`sudo apt-get install -y mariadb-server`" }),
    played(machine, { name: "nginx", families: ["nginx"], install: "`sudo apt-get install -y nginx`" }),
    ...(await Promise.all([checkPython(), checkBrowser(), checkCommand("git", "git"), checkCommand("openssl", "openssl")])),
  ];
}

function played(
  machine: MachineFacts,
  wanted: { readonly name: string; readonly families: readonly ProgramFamily[]; readonly install: string },
): AvailabilityCheck {
  const found = machine.programs.filter((program) => wanted.families.includes(program.family));
  if (found.length > 0) return { name: wanted.name, state: "ok", seen: found.map(describeProgram).join(", "), fix: "" };
  return { name: wanted.name, state: "degraded", seen: "not installed; its image cannot be used", fix: wanted.install };
}

/** The system's Python: guests see /usr, not a Python below somebody's home folder. */
async function checkPython(): Promise<AvailabilityCheck> {
  const name = "Python and pytest";
  const install = "`sudo apt-get install -y python3 python3-venv python3-pytest`";
  const python = await runTool(["python3", "--version"]);
  if (python.exitCode !== 0) return { name, state: "degraded", seen: "python3 is not installed", fix: install };
  const version = python.output.trim();
  const pytest = await runTool(["python3", "-c", "import pytest; print(pytest.__version__)"]);
  if (pytest.exitCode !== 0) return { name, state: "degraded", seen: `${version}, no pytest`, fix: install };
  return { name, state: "ok", seen: `${version}, pytest ${pytest.output.trim()}`, fix: "" };
}

async function checkBrowser(): Promise<AvailabilityCheck> {
  const name = "browser";
  for (const command of ["chromium", "google-chrome", "chromium-browser"]) {
    const { exitCode, output } = await runTool([command, "--version"]);
    if (exitCode === 0) return { name, state: "ok", seen: output.trim().split("\n").at(-1) ?? command, fix: "" };
  }
  const cached = await readdir(process.env.PLAYWRIGHT_BROWSERS_PATH ?? join(homedir(), ".cache", "ms-playwright")).catch(() => []);
  if (cached.length > 0)
    return { name, state: "ok", seen: `Playwright's ${cached.filter((one) => !one.startsWith(".")).join(", ")}`, fix: "" };
  return {
    name,
    state: "degraded",
    seen: "none; browser tests cannot run",
    fix: "`sudo apt-get install -y chromium`, or `npx playwright install --with-deps chromium`",
  };
}

async function checkCommand(command: string, debianPackage: string): Promise<AvailabilityCheck> {
  const flag = command === "openssl" ? "version" : "--version";
  const { exitCode, output } = await runTool([command, flag]);
  if (exitCode === 0) return { name: command, state: "ok", seen: output.trim().split("\n")[0] ?? "", fix: "" };
  return { name: command, state: "degraded", seen: "not installed", fix: `\`sudo apt-get install -y ${debianPackage}\`` };
}
