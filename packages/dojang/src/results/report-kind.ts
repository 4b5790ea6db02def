/** The formats that are read. `junit`, `playwright` and `ctrf` hold tests, `lcov` and `cobertura` coverage, `sarif` findings. */
export type ReportKind = "junit" | "playwright" | "ctrf" | "lcov" | "cobertura" | "sarif";

/** Told by the content alone, for names lie: `results.xml` may be either XML format. Undefined when it is none of them. */
export function detectReportKind(content: Uint8Array): ReportKind | undefined {
  // A format shows itself early; 64 KiB passes every licence comment and Playwright's long `config` is told by its first keys.
  const head = new TextDecoder().decode(content.subarray(0, 64 * 1024)).replace(/^\uFEFF/, "");
  const start = head.trimStart();
  if (start.startsWith("<")) return xmlKind(start);
  if (start.startsWith("{")) return jsonKind(start);
  if (/^(?:TN:|SF:)/m.test(start)) return "lcov";
  return undefined;
}

function xmlKind(head: string): ReportKind | undefined {
  const root = /<(?:\w+:)?([A-Za-z]\w*)[\s/>]/.exec(head.replace(/<!--[\s\S]*?-->|<!DOCTYPE[^>[]*(?:\[[^\]]*\])?[^>]*>/g, ""))?.[1];
  if (root === "testsuites" || root === "testsuite" || root === "testcase") return "junit";
  return root === "coverage" ? "cobertura" : undefined;
}

function jsonKind(head: string): ReportKind | undefined {
  if (/"reportFormat"\s*:\s*"CTRF"/.test(head)) return "ctrf";
  if (/"runs"\s*:\s*\[/.test(head) && /"(?:\$schema|version|tool)"\s*:/.test(head)) return "sarif";
  if (/"config"\s*:\s*\{/.test(head) && /"(?:rootDir|projects|suites|configFile)"\s*:/.test(head)) return "playwright";
  if (/"results"\s*:\s*\{/.test(head) && /"(?:tool|summary|tests)"\s*:/.test(head)) return "ctrf";
  return undefined;
}
