/** A zone, format, offset or truncation that Java would refuse. */
export class DateSpecError extends Error {
  override readonly name: string = "DateSpecError";
}

/** An amount that is no whole number. */
export class DateAmountError extends DateSpecError {
  override readonly name = "DateAmountError";
  readonly text: string;

  constructor(text: string) {
    super(`"${text}" is no whole number`);
    this.text = text;
  }
}
