import { javaDoubleText } from "../../json/json-number-text.ts";

/** A number that Java holds as a double: `2.0` stays `2.0`. Whole numbers are plain numbers or bigints here. */
export class JavaDouble {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }

  toString(): string {
    return javaDoubleText(this.value);
  }
}
