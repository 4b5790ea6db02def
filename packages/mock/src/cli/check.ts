import { exitCodes, type Finding, formatFinding, Problem } from "@dojang/model";
import { Command } from "commander";
import { checkSpecification } from "../files/check-specification.ts";
import { directoryOption } from "./mock-options.ts";

interface CheckFlags {
  readonly dir?: string;
  readonly rootDir?: string;
  readonly openapi?: readonly string[];
  readonly json?: boolean;
}

export function checkCommand(): Command {
  return new Command("check")
    .description("reads stubs and OpenAPI documents, and lists everything that is wrong, with its place and what to write instead")
    .option("--dir <folder>", "folder with mappings/ and __files/ (default: here, when there is one of them)")
    .option("--root-dir <folder>", "the same, by WireMock's name")
    .option("--openapi <file>", "OpenAPI document; again for more", (file: string, before: readonly string[] = []) => [...before, file])
    .option("--json", "print findings as JSON")
    .addHelpText("after", "\nExample:\n  $ dojang-mock check --dir stubs --openapi api.yaml\n\nEnds with 2 when there is an error.")
    .action(check);
}

async function check(flags: CheckFlags): Promise<void> {
  const directory = await directoryOption(flags);
  if (directory === undefined && flags.openapi === undefined) {
    throw new Problem({
      code: "nothing-to-check",
      message: "there is no mappings folder here, and no --openapi",
      fix: "name what to check: --dir stubs, --openapi api.yaml",
      exit: "configuration",
    });
  }
  const { findings, ...counts } = await checkSpecification({ directory, openapi: flags.openapi });
  const ok = !findings.some(({ severity }) => severity === "error");
  if (!ok) process.exitCode = exitCodes.configuration;
  if (flags.json) {
    process.stdout.write(`${JSON.stringify({ ok, ...counts, findings }, undefined, 2)}\n`);
    return;
  }
  for (const finding of findings) process.stdout.write(`${label[finding.severity]}${formatFinding(finding)}\n`);
  process.stdout.write(`${verdict(findings, counts)}\n`);
}

const label: Readonly<Record<Finding["severity"], string>> = { error: "", warning: "warning: ", note: "note: " };

function verdict(findings: readonly Finding[], { files, stubs }: { readonly files: number; readonly stubs: number }): string {
  const count = (severity: Finding["severity"]) => findings.filter((finding) => finding.severity === severity).length;
  const plural = (number: number, word: string) => `${number} ${word}${number === 1 ? "" : "s"}`;
  const [errors, warnings] = [count("error"), count("warning")];
  const looked = `${plural(stubs, "stub")} in ${plural(files, "file")}`;
  return `${errors === 0 ? "ok" : "not ok"}: ${looked}, ${plural(errors, "error")}, ${plural(warnings, "warning")}`;
}
