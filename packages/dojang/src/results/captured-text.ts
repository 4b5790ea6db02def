/** Per text; a test that prints more keeps its beginning and its end. */
const limitCharacters = 64 * 1024;

/** Keeps the beginning and the end of a long text, for a failure shows at one or the other. */
export function capText(text: string): string {
  if (text.length <= limitCharacters) return text;
  const half = limitCharacters / 2;
  const dropped = text.length - limitCharacters;
  return `${text.slice(0, half)}\n[... ${dropped} characters left out ...]\n${text.slice(-half)}`;
}

/** Undefined for text that is only white space; otherwise without the empty lines around it. */
export function meaningful(text: string | undefined): string | undefined {
  // No pattern here may look twice at a run of white space: a test can print megabytes of it.
  const trimmed = text?.trimEnd() ?? "";
  return trimmed === "" ? undefined : capText(trimmed.replace(/^(?:[ \t]*\r?\n)+/, ""));
}

/** The first line that says something, without colours: what a list of failures shows. */
export function firstLine(text: string): string {
  const plain = text.replace(/\u001b\[[0-9;]*m/g, "");
  return (
    plain
      .split("\n")
      .find((line) => line.trim() !== "")
      ?.trim() ?? ""
  );
}
