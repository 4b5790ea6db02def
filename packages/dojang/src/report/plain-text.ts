/** CSI and OSC sequences of ECMA-48: colours, cursor moves, titles and hyperlinks. */
const escapeSequences = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;

/** Text without terminal sequences and control characters, safe to print: what a service logged must not move a cursor. */
export function plainText(text: string): string {
  return text
    .replace(escapeSequences, "")
    .replace(/\r\n?/g, "\n")
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");
}

function firstPlainLine(text: string): string {
  return (
    plainText(text)
      .split("\n")
      .find((line) => line.trim() !== "")
      ?.trim() ?? ""
  );
}

/** An error in a line: its first, and what was expected and received when the runner says so on lines of their own. */
export function errorSummary(error: { readonly message: string; readonly stack?: string } | undefined): string {
  const text = plainText(error?.message || error?.stack || "");
  const first = firstPlainLine(text).replace(" // Object.is equality", "");
  const whole = plainText(error?.stack ?? text);
  const told = ["Expected", "Received"].flatMap((word) => new RegExp(`^[ \\t]*${word}[\\w ]*: .*$`, "m").exec(whole)?.[0].trim() ?? []);
  return [first || "failed without a message", ...told].join(" · ").slice(0, 400);
}

/** Two messages that differ only in ids, times and numbers are the same to a reader. */
export function likeness(text: string): string {
  return firstPlainLine(text)
    .slice(0, 2000)
    .replace(/[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}/gi, "#")
    .replace(/\b(?=[0-9a-f]*\d)[0-9a-f]{6,}\b/gi, "#")
    .replace(/\d+/g, "#")
    .slice(0, 300);
}
