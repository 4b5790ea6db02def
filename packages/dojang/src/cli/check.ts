import { resolve } from "node:path";
import { exitCodes, type Finding, formatFinding } from "@dojang/model";
import { Command } from "commander";
import { describeProject } from "../config/describe-project.ts";
import { checkProject } from "../config/load-project.ts";
import type { CommandContext } from "./command-context.ts";

interface CheckOptions {
  readonly file?: string;
  readonly json?: boolean;
  readonly production?: boolean | string;
}

export function checkCommand(context: CommandContext): Command {
  const { environment } = context;
  return new Command("check")
    .argument("[directory]", "the project's folder", ".")
    .option("--file <path>", "the file to read instead of dojang.yml")
    .option("--production [environment]", "look through the production checklist instead: secrets, HTTPS, backups, watching and the rest")
    .option("--json", "print findings and what was understood as JSON")
    .addHelpText("after", "\nExample:\n  $ dojang check\n  $ dojang check ../shop --json\n\nEnds with 2 when there is an error.")
    .action(async (directory: string, options: CheckOptions) => {
      const { production } = options;
      if (production !== undefined && production !== false) {
        const named = production === true ? "production" : production;
        // Its world is that of live sites, which a look at two files does not need.
        const { printChecklist } = await import("./print-checklist.ts");
        return await printChecklist(context, { directory: resolve(directory), environment: named, json: options.json ?? false });
      }
      const { project, findings } = await checkProject({
        directory,
        env: environment,
        ...(options.file !== undefined && { dojangFile: options.file }),
      });
      const ok = !findings.some(({ severity }) => severity === "error");
      if (!ok) process.exitCode = exitCodes.configuration;
      if (options.json) {
        const understood =
          ok && project !== undefined
            ? { name: project.name, services: project.services, volumes: project.volumes, jobs: project.file.jobs }
            : undefined;
        process.stdout.write(`${JSON.stringify({ ok, findings, project: understood }, undefined, 2)}\n`);
        return;
      }
      for (const finding of findings) process.stdout.write(`${label[finding.severity]}${formatFinding(finding)}\n`);
      if (ok && project !== undefined) process.stdout.write(`${findings.length > 0 ? "\n" : ""}${describeProject(project).join("\n")}\n`);
      process.stdout.write(`\n${verdict(findings)}\n`);
    });
}

const label: Readonly<Record<Finding["severity"], string>> = { error: "", warning: "warning: ", note: "note: " };

function verdict(findings: readonly Finding[]): string {
  const count = (severity: Finding["severity"]) => findings.filter((finding) => finding.severity === severity).length;
  const [errors, warnings, notes] = [count("error"), count("warning"), count("note")];
  const plural = (number: number, word: string) => `${number} ${word}${number === 1 ? "" : "s"}`;
  return `${errors === 0 ? "ok" : "not ok"}: ${plural(errors, "error")}, ${plural(warnings, "warning")}, ${plural(notes, "note")}`;
}
