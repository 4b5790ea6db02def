/** One line of the Prometheus text format (exposition format 0.0.4, also of OpenMetrics). */
export interface PrometheusSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const line = /^([A-Za-z_:][\w:]*)(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})?[ \t]+(\S+)(?:[ \t]+-?[\d.]+)?(?:[ \t]+#.*)?$/;
const label = /\s*([A-Za-z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*,?/y;
const mostSamples = 50_000;

/** Lines that are none are left out: one strange metric must not hide the others. At most 50,000 are read. */
export function parsePrometheus(text: string): readonly PrometheusSample[] {
  const samples: PrometheusSample[] = [];
  for (const written of text.split("\n")) {
    if (written === "" || written.startsWith("#")) continue;
    const found = line.exec(written.trimEnd());
    const labels = found === null ? undefined : parseLabels(found[2] ?? "");
    const value = parseValue(found?.[3] ?? "");
    if (found === null || labels === undefined || value === undefined) continue;
    samples.push({ name: found[1] ?? "", labels, value });
    if (samples.length >= mostSamples) break;
  }
  return samples;
}

function parseLabels(text: string): Record<string, string> | undefined {
  const labels: Record<string, string> = {};
  label.lastIndex = 0;
  while (label.lastIndex < text.length) {
    if (text.slice(label.lastIndex).trim() === "") break;
    const found = label.exec(text);
    if (found === null) return undefined;
    labels[found[1] ?? ""] = (found[2] ?? "").replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
  }
  return labels;
}

function parseValue(text: string): number | undefined {
  if (/^[+]?Inf$/i.test(text)) return Number.POSITIVE_INFINITY;
  if (/^-Inf$/i.test(text)) return Number.NEGATIVE_INFINITY;
  const value = Number(text);
  return text === "" || Number.isNaN(value) ? undefined : value;
}
