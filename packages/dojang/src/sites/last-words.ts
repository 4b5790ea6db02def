import type { SiteContext } from "./site-context.ts";

const lastLines = 12;

/** What services of an environment printed last, a line for each, ready to be put behind a Problem's message; "" when they printed nothing. */
export async function lastWords(
  { runtime, signal }: Pick<SiteContext, "runtime" | "signal">,
  environmentId: string,
  services: readonly string[],
): Promise<string> {
  const quoted: string[] = [];
  for (const service of services) {
    const lines: string[] = [];
    try {
      for await (const line of runtime.logs(environmentId, { service, follow: false, signal })) {
        if (line.stream !== "system") lines.push(`\n  ${service} | ${line.text}`);
        if (lines.length > lastLines) lines.shift();
      }
    } catch {
      // What went wrong is told all the same.
      signal.throwIfAborted();
    }
    quoted.push(...lines);
  }
  return quoted.join("");
}
