/** Longest line that is kept in one piece; a longer one continues on the next line, so a flood cannot fill memory. */
export const longestLineCharacters = 65_536;

/** Turns chunks of bytes into whole lines. One per stream. */
export class LineSplitter {
  readonly #decoder = new TextDecoder("utf-8");
  #rest = "";

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
    const lines = pieces.flatMap((piece) => wrap(piece.endsWith("\r") ? piece.slice(0, -1) : piece));
    while (this.#rest.length > longestLineCharacters) {
      lines.push(this.#rest.slice(0, longestLineCharacters));
      this.#rest = this.#rest.slice(longestLineCharacters);
    }
    return lines;
  }
}

function wrap(line: string): string[] {
  if (line.length <= longestLineCharacters) return [line];
  const pieces: string[] = [];
  for (let from = 0; from < line.length; from += longestLineCharacters) pieces.push(line.slice(from, from + longestLineCharacters));
  return pieces;
}
