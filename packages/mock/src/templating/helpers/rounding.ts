import { BigDecimal } from "../values/big-decimal.ts";

export type RoundingMode = "UP" | "DOWN" | "CEILING" | "FLOOR" | "HALF_UP" | "HALF_DOWN" | "HALF_EVEN" | "UNNECESSARY";

export const ROUNDING_MODES: readonly RoundingMode[] = [
  "UP",
  "DOWN",
  "CEILING",
  "FLOOR",
  "HALF_UP",
  "HALF_DOWN",
  "HALF_EVEN",
  "UNNECESSARY",
];

/** Exactly the value of a finite double, which has a finite decimal form. */
export function exactDecimal(value: number): BigDecimal {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  const mantissa = biased === 0 ? fraction : fraction | 0x10000000000000n;
  const exponent = (biased === 0 ? 1 : biased) - 1075;
  const signed = bits >> 63n === 1n ? -mantissa : mantissa;
  return exponent >= 0 ? new BigDecimal(signed << BigInt(exponent), 0) : new BigDecimal(signed * 5n ** BigInt(-exponent), -exponent);
}

/** To so many places at most; fewer stay as they are. Undefined only for UNNECESSARY where rounding would lose something. */
export function roundDecimal(value: BigDecimal, places: number, mode: Exclude<RoundingMode, "UNNECESSARY">): BigDecimal;
export function roundDecimal(value: BigDecimal, places: number, mode: RoundingMode): BigDecimal | undefined;
export function roundDecimal(value: BigDecimal, places: number, mode: RoundingMode): BigDecimal | undefined {
  if (value.scale <= places) return new BigDecimal(value.unscaled * 10n ** BigInt(places - value.scale), places);
  const divisor = 10n ** BigInt(value.scale - places);
  const quotient = value.unscaled / divisor;
  const rest = value.unscaled % divisor;
  if (rest === 0n) return new BigDecimal(quotient, places);
  const away = awayFromZero(mode, { negative: rest < 0n, twice: 2n * (rest < 0n ? -rest : rest), divisor, odd: quotient % 2n !== 0n });
  if (away === undefined) return undefined;
  return new BigDecimal(away ? quotient + (rest < 0n ? -1n : 1n) : quotient, places);
}

interface Rest {
  readonly negative: boolean;
  /** Twice what is cut off, to be compared with the divisor. */
  readonly twice: bigint;
  readonly divisor: bigint;
  readonly odd: boolean;
}

function awayFromZero(mode: RoundingMode, { negative, twice, divisor, odd }: Rest): boolean | undefined {
  switch (mode) {
    case "UP":
      return true;
    case "DOWN":
      return false;
    case "CEILING":
      return !negative;
    case "FLOOR":
      return negative;
    case "HALF_UP":
      return twice >= divisor;
    case "HALF_DOWN":
      return twice > divisor;
    case "HALF_EVEN":
      return twice > divisor || (twice === divisor && odd);
    case "UNNECESSARY":
      return undefined;
  }
}
