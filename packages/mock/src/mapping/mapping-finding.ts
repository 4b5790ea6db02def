import type { Finding } from "@dojang/model";

/**
 * One thing wrong with (or odd in) the JSON of a stub or a request pattern. An error means that nothing was made of it; a
 * warning means that it was taken as WireMock takes it, which is unlikely to be what was meant.
 */
export interface MappingFinding {
  readonly severity: "error" | "warning";
  /** Stable, kebab-case: `unknown-field`, `wrong-type`, `bad-value`, `bad-pattern`, `ignored-field`, `never-matches`, `too-large`. */
  readonly code: string;
  /** From the root of the JSON that was parsed: `["request", "headers", "A", "equalTo"]`. */
  readonly path: readonly (string | number)[];
  /** What WireMock points to: the thing that it reads as one, `/request/headers/A`. */
  readonly pointer: string;
  /** What was seen and what is expected: "`status` must be a whole number, got \"abc\"". */
  readonly message: string;
  /** What to do: "write one of ALL, ANY". */
  readonly fix: string;
  /** How WireMock puts it: its clients look for these words in the detail of an answer. */
  readonly wireMockDetail?: string;
}

/** What was made of some JSON. Warnings come with both outcomes. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T; readonly findings: readonly MappingFinding[] }
  | { readonly ok: false; readonly findings: readonly MappingFinding[] };

/** `request.bodyPatterns[0].equalTo`: a path as findings of files write it. */
export function dottedPath(path: readonly (string | number)[]): string {
  let text = "";
  for (const key of path) {
    if (typeof key === "number") text += `[${key}]`;
    else text += text === "" ? key : `.${key}`;
  }
  return text;
}

/** The findings of one file, for a Problem. `positionOf` knows where a path is in the file's text. */
export function toFileFindings(
  findings: readonly MappingFinding[],
  file: string,
  positionOf?: (path: readonly (string | number)[]) => { readonly line: number; readonly column?: number } | undefined,
): readonly Finding[] {
  return findings.map(({ severity, code, path, message, fix }) => ({
    severity,
    code,
    place: { file, ...positionOf?.(path), ...(path.length > 0 && { path: dottedPath(path) }) },
    message,
    fix,
  }));
}

/** The body of WireMock's 422 answer to JSON that it cannot read, with one error for each finding. */
export interface WireMockErrors {
  readonly errors: readonly {
    readonly code: number;
    readonly source?: { readonly pointer?: string };
    readonly title: string;
    readonly detail?: string;
  }[];
}

export function toWireMockErrors(findings: readonly MappingFinding[]): WireMockErrors {
  return {
    errors: findings
      .filter(({ severity }) => severity === "error")
      .map(({ pointer, message, fix, wireMockDetail }) => ({
        code: 10,
        source: { pointer },
        title: "Error parsing JSON",
        detail: wireMockDetail ?? `${message}; ${fix}`,
      })),
  };
}
