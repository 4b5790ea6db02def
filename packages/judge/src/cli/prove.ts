import { exitCodes } from "@dojang/model";
import { plainText } from "../authoring/plain-text.ts";
import { proveDraft } from "../authoring/prove-draft.ts";
import { createEngine } from "../engines/engines.ts";
import type { CommandContext } from "./command-context.ts";

export interface ProveFlags {
  readonly json?: boolean;
  readonly python?: string;
}

export async function prove(
  { folder, flags }: { readonly folder: string; readonly flags: ProveFlags },
  { signal }: CommandContext,
): Promise<void> {
  const proven = await proveDraft({ folder, openEngine: (lang) => createEngine(lang, flags), signal });
  const holds = proven.findings.length === 0;
  const lines = [
    holds ? `proven   ${proven.id}: ${proven.folder}` : `FAILED   ${proven.id}`,
    ...proven.findings.map((one) => `  ${one.place}: ${one.message}`),
  ];
  process.stdout.write(flags.json ? `${JSON.stringify(proven)}\n` : plainText(`${lines.join("\n")}\n`));
  process.exitCode = holds ? exitCodes.passed : exitCodes.failed;
}
