/** Longest line that is kept in one piece; a longer one continues on the next line, so a flood cannot fill memory. */
export const longestLineCharacters = 65_536;

/** Turns chunks of bytes into whole lines. One per stream. */
export class LineSplitter {
  readonly #longest: number;
  readonly #decoder = new TextDecoder("utf-8");
  #rest = "";

  constructor(longest: number = longestLineCharacters) {
    this.#longest = longest;
  }

  push(chunk: Uint8Array): string[] {
    return this.#cut(this.#decoder.decode(chunk, { stream: true }));
  }

  /** What was written after the last line end. */
  end(): string[] {
    const lines = this.#cut(this.#decoder.decode());
    if (this.#rest !== "") lines.push(this.#rest);
    this.#rest = "";
    return lines;
  }

  #cut(text: string): string[] {
    const pieces = (this.#rest + text).split("\n");
    this.#rest = pieces.pop() ?? "";
    const lines = pieces.flatMap((piece) => wrap(piece.endsWith("\r") ? piece.slice(0, -1) : piece, this.#longest));
    while (this.#rest.length > this.#longest) {
      lines.push(this.#rest.slice(0, this.#longest));
      this.#rest = this.#rest.slice(this.#longest);
    }
    return lines;
  }
}

function wrap(line: string, longest: number): string[] {
  if (line.length <= longest) return [line];
  const pieces: string[] = [];
  for (let from = 0; from < line.length; from += longest) pieces.push(line.slice(from, from + longest));
  return pieces;
}
