import { formatFinding, Problem } from "@dojang/model";

/** A Problem is printed as what happened and what to do; anything else is our bug and keeps its stack. */
export function printFailure(error: unknown, { json }: { json: boolean }): void {
  if (json) process.stdout.write(`${JSON.stringify({ problem: describe(error) })}\n`);
  process.stderr.write(`${failureText(error)}\n`);
}

export function failureText(error: unknown): string {
  if (!(error instanceof Problem)) {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return `dojang: a bug in Dojang: ${detail}\nplease report it with the lines above`;
  }
  const { file, line, column } = error.place ?? {};
  const position = [file, line, column].filter((part) => part !== undefined).join(":");
  // Once is enough.
  const place = position === "" || error.message.includes(position) ? "" : `${position}: `;
  const findings = error.findings.map((finding) => `  ${formatFinding(finding)}`);
  return [`dojang: ${place}${error.message} [${error.code}]`, ...findings, `  fix: ${error.fix}`, ...causes(error.cause)].join("\n");
}

function causes(cause: unknown): string[] {
  const lines: string[] = [];
  for (let at = cause, depth = 0; at instanceof Error && depth < 3; at = at.cause, depth++) lines.push(`  because: ${at.message}`);
  return lines;
}

function describe(error: unknown) {
  if (!(error instanceof Problem)) return { code: "bug", message: error instanceof Error ? error.message : String(error) };
  const { code, message, fix, place, findings } = error;
  return { code, message, fix, place, findings };
}
