import { exitCodes } from "@dojang/model";
import { type Availability, type AvailabilityCheck, createSandboxRuntime, HostRuntime, probeDoctor, probeMachine } from "@dojang/runtime";
import { Command } from "commander";
import type { CommandContext } from "./command-context.ts";
import { stateFolder } from "./state-folder.ts";

interface DoctorFlags {
  readonly json: boolean;
}

/** What a machine permits, in the order in which it would be taken. */
interface Level {
  readonly name: string;
  readonly isolated: boolean;
  readonly availability: Availability;
}

export function doctorCommand(context: CommandContext): Command {
  return new Command("doctor")
    .option("--json", "levels and checks as JSON", false)
    .addHelpText("after", "\nExample: dojang doctor\n\nEnds with 0 when environments can run here, else with 3.")
    .action((flags: DoctorFlags) => doctor(context, flags));
}

async function doctor({ environment, signal }: CommandContext, { json }: DoctorFlags): Promise<void> {
  const home = stateFolder(environment);
  const [checks, machine] = await Promise.all([probeDoctor({ home, signal }), probeMachine({ signal })]);
  const levels: Level[] = [];
  // Made here and not by the engine, which would write into the state folder: that it cannot be written to is a finding.
  for (const runtime of [createSandboxRuntime({ home, machine }), new HostRuntime({ home })]) {
    levels.push({ name: runtime.name, isolated: runtime.promises.isolation, availability: await runtime.available({ signal }) });
  }
  const reached = levels.find((level) => level.availability.ok);
  if (reached === undefined) process.exitCode = exitCodes.infrastructure;
  if (json) process.stdout.write(`${JSON.stringify({ ok: reached !== undefined, level: reached?.name, levels, checks }, undefined, 2)}\n`);
  else process.stdout.write(`${[...headline(levels, reached), "", ...checks.flatMap(checkLines)].join("\n")}\n`);
}

function headline(levels: readonly Level[], reached: Level | undefined): string[] {
  const refused = levels.slice(0, reached === undefined ? levels.length : levels.indexOf(reached));
  const first = reached === undefined ? "nothing can run on this machine" : `environments run on ${reached.availability.summary}`;
  const untrusted = reached !== undefined && !reached.isolated ? ["code that is not trusted is refused here"] : [];
  const why = refused.flatMap(({ availability }) => [
    availability.summary,
    ...availability.checks.filter((check) => check.state === "missing").flatMap(checkLines),
  ]);
  return [first, ...untrusted, ...why];
}

const marks: Readonly<Record<AvailabilityCheck["state"], string>> = { ok: "ok  ", degraded: "less", missing: "MISS" };

function checkLines({ name, state, seen, fix }: AvailabilityCheck): string[] {
  const line = `${marks[state]}  ${name}: ${seen}`;
  return fix === "" ? [line] : [line, `      fix: ${fix}`];
}
