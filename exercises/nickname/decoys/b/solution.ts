class Nickname {
  readonly text: string;

  constructor(typed: string) {
    let text = "";
    let blank = false;
    for (const letter of typed) {
      if (/\s/.test(letter)) blank = text !== "";
      else {
        text += blank ? ` ${letter}` : letter;
        blank = false;
      }
    }
    this.text = text.normalize("NFC");
    if ([..."\u007f\u200b\u202e"].some((one) => this.text.includes(one)) || /[\0-\x1f]/.test(this.text)) throw new RangeError("hidden");
    if (!this.fits()) throw new RangeError("too short or too long");
  }

  private fits(): boolean {
    const sizes = Array.from(new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(this.text), ({ segment }) => segment);
    return sizes.length > 1 && sizes.length < 11;
  }
}

export function cleanNickname(text: string): string {
  return new Nickname(text).text;
}

export function sameNickname(a: string, b: string): boolean {
  const [one, other] = [new Nickname(a), new Nickname(b)];
  return one.text.toLowerCase() === other.text.toLowerCase();
}
