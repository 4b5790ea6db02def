import type { DateField } from "./date-field.ts";

/** When a number may have a sign, by Java's SignStyle. `exceeds-pad`: a plus where there are more digits than the least. */
export type SignStyle = "normal" | "not-negative" | "exceeds-pad";

/** A part of a format, in the order in which text is read. */
export type FormatElement =
  | { readonly kind: "literal"; readonly text: string }
  | {
      readonly kind: "number";
      readonly field: DateField;
      readonly min: number;
      readonly max: number;
      readonly sign: SignStyle;
      /** Digits that the numbers directly behind need: `yyyyMMdd`. */
      readonly reserved: number;
      /** Two digits of a year from 2000 on; digits of a fraction of a second. */
      readonly as?: "short-year" | "fraction";
    }
  /** `.123`, optional, of up to nine digits. */
  | { readonly kind: "decimal-fraction" }
  | { readonly kind: "text"; readonly field: DateField; readonly names: readonly (readonly [string, number])[] }
  /** `+01`, `+0100`, `+01:00`, `+01:00:30`. `minutes` and `seconds`: whether they have to be there. */
  | {
      readonly kind: "offset";
      readonly zero: string;
      readonly colon: boolean;
      readonly minutes: Presence;
      readonly seconds: Presence;
    }
  /** `GMT+1`, `GMT+01:00`. */
  | { readonly kind: "localized-offset"; readonly full: boolean }
  | { readonly kind: "zone-id" }
  | { readonly kind: "zone-name" }
  | { readonly kind: "optional"; readonly elements: readonly FormatElement[] }
  /** Spaces before what is shorter than the width. */
  | { readonly kind: "padded"; readonly width: number; readonly element: FormatElement }
  | { readonly kind: "mode"; readonly strict?: boolean; readonly ignoreCase?: boolean };

export type Presence = "required" | "optional" | "never";
