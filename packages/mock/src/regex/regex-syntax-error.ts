/** What Java's Pattern.compile refuses, or what is not supported here. The message is laid out as Java's: text, place, pattern, pointer. */
export class RegexSyntaxError extends Error {
  override readonly name = "RegexSyntaxError";
  readonly reason: string;

  constructor(reason: string, source: string, index: number) {
    const pointer = index >= 0 && index < source.length ? `\n${" ".repeat(index)}^` : "";
    super(`${reason}${index >= 0 ? ` near index ${index}` : ""}\n${source}${pointer}`);
    this.reason = reason;
  }
}
