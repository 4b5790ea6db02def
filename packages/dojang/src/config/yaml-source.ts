import type { Finding, Place } from "@dojang/model";
import { LineCounter, parseDocument } from "yaml";
import { formatKeyPath, type KeyPath, valueAt } from "./key-path.ts";
import { type Span, YamlReader } from "./yaml-reader.ts";

/**
 * A YAML file as plain data together with where each key and value stands. YAML 1.2, so that `on:` stays a word; `<<`
 * merges and aliases are resolved here and within a budget, because a file of 1 KB can name a billion values.
 */
export interface YamlSource {
  /** As it is shown to people: relative to the project. */
  readonly file: string;
  /** Plain data: null, booleans, numbers, strings, arrays, objects. undefined when the file cannot be read at all. */
  readonly value: unknown;
  readonly findings: readonly Finding[];
  /** The value at a path as written, before any default; undefined when there is none. */
  at(path: KeyPath): unknown;
  /** Place of a value, of the nearest value around it when it does not exist. `key: true` is the place of its key. */
  place(path: KeyPath, options?: { key?: boolean }): Place;
}

const largestFileCharacters = 1024 * 1024;

export function readYaml({ file, text }: { file: string; text: string }): YamlSource {
  const lines = new LineCounter();
  const spans = new Map<string, Span>();
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const place = (path: KeyPath, { key = false } = {}): Place => {
    for (let length = path.length; length >= 0; length--) {
      const span = spans.get(JSON.stringify(path.slice(0, length)));
      if (span === undefined) continue;
      const offset = key || length < path.length ? (span.key ?? span.value) : span.value;
      return { file, ...at(offset), path: formatKeyPath(path) };
    }
    return { file, line: 1, column: 1, path: formatKeyPath(path) };
  };
  if (text.length > largestFileCharacters) {
    const message = `has ${text.length} characters, at most ${largestFileCharacters} are read`;
    return {
      file,
      value: undefined,
      place,
      at: () => undefined,
      findings: [{ severity: "error", code: "file-too-large", place: { file }, message, fix: "split the file" }],
    };
  }
  const findings: Finding[] = [];
  const report = (code: string, offset: number, said: { message: string; fix: string; path?: KeyPath; severity?: Finding["severity"] }) =>
    findings.push({
      severity: said.severity ?? "error",
      code,
      place: { file, ...at(offset), ...(said.path && { path: formatKeyPath(said.path) }) },
      message: said.message,
      fix: said.fix,
    });
  let value: unknown;
  try {
    // Merges, duplicate keys and aliases are the reader's: the library compares keys pairwise and does not keep positions.
    const document = parseDocument(text, {
      version: "1.2",
      merge: false,
      uniqueKeys: false,
      prettyErrors: false,
      lineCounter: lines,
    });
    for (const error of document.errors.slice(0, 20)) report("yaml-syntax", error.pos[0], yamlAdvice(error.code, error.message));
    if (document.directives?.yaml.explicit && document.directives.yaml.version !== "1.2") {
      report("yaml-version", 0, {
        message: `asks for YAML ${document.directives.yaml.version}`,
        fix: "remove the %YAML line; the file is read as YAML 1.2",
      });
    }
    if (document.errors.length === 0) value = new YamlReader({ document, spans, report }).read();
  } catch (error) {
    // The parser recurses with the nesting; a file nested thousands deep ends its stack.
    if (!(error instanceof RangeError)) throw error;
    report("yaml-too-deep", 0, { message: "is nested too deeply to be read", fix: "nest it less" });
  }
  const read = findings.some(({ code }) => code.startsWith("yaml-too")) ? undefined : value;
  return { file, value: read, findings, place, at: (path) => valueAt(read, path) };
}

function yamlAdvice(code: string, message: string): { message: string; fix: string } {
  const advice: Readonly<Record<string, string>> = {
    TAB_AS_INDENT: "indent with spaces",
    BAD_INDENT: "give the keys of one mapping the same indentation",
    BLOCK_AS_IMPLICIT_KEY: "quote the text if it holds `: `, or put the nested value on its own line",
    MISSING_CHAR: "close the quote or bracket, or add what is missing",
    BAD_ALIAS: "give the alias the name of an anchor",
  };
  if (code === "MULTIPLE_DOCS") return { message: "holds several documents", fix: "keep one: remove what follows the second `---`" };
  return { message: message.replace(/\s+/g, " ").replace(/[.;]$/, ""), fix: advice[code] ?? "mend the YAML syntax at this place" };
}
