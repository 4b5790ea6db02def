import type { Random } from "./random.ts";

export interface NumberBounds {
  readonly integer: boolean;
  readonly minimum: number | undefined;
  readonly maximum: number | undefined;
  readonly exclusiveMinimum: number | undefined;
  readonly exclusiveMaximum: number | undefined;
  readonly multiplesOf: readonly number[];
}

const usualLow = 1;
const usualHigh = 1_000;

/** A number within bounds; undefined when there is none. */
export function sampleNumber(bounds: NumberBounds, random: Random): number | undefined {
  const low = Math.max(bounds.minimum ?? -Infinity, bounds.exclusiveMinimum ?? -Infinity);
  const high = Math.min(bounds.maximum ?? Infinity, bounds.exclusiveMaximum ?? Infinity);
  const [from, to] = window(low, high);
  const fits = (value: number) =>
    value >= (bounds.minimum ?? -Infinity) &&
    value <= (bounds.maximum ?? Infinity) &&
    value > (bounds.exclusiveMinimum ?? -Infinity) &&
    value < (bounds.exclusiveMaximum ?? Infinity);
  const step = stepOf(bounds);
  if (step !== undefined) return sampleMultiple(step, { from, to, fits }, random);
  for (const digits of [2, 6]) {
    const value = Number((from + random.next() * (to - from)).toFixed(digits));
    if (fits(value)) return value;
  }
  const middle = from + (to - from) / 2;
  return [middle, from, to].find(fits);
}

/** The usual range as far as the bounds allow it, else a range beside the bound that is given. */
function window(low: number, high: number): readonly [number, number] {
  if (low === -Infinity && high === Infinity) return [usualLow, usualHigh];
  if (low === -Infinity) return high > usualLow ? [usualLow, Math.min(high, usualHigh)] : [high - usualHigh, high];
  const wide = Math.max(usualHigh, Math.abs(low));
  return [low, Math.min(high, low < usualLow && high >= usualHigh ? usualHigh : low + wide)];
}

/** A step as a fraction of whole numbers: 0.05 is 5/100, which no binary number is exactly. */
interface Step {
  readonly units: number;
  readonly scale: number;
}

function stepOf({ integer, multiplesOf }: NumberBounds): Step | undefined {
  const all = integer ? [1, ...multiplesOf] : multiplesOf;
  if (all.length === 0) return undefined;
  const scale = 10 ** Math.min(12, Math.max(...all.map(decimals)));
  const units = all.map((each) => Math.max(1, Math.round(each * scale))).reduce(leastCommonMultiple);
  return { units, scale };
}

function decimals(value: number): number {
  const [mantissa = "", exponent = "0"] = String(value).split("e");
  return Math.max(0, (mantissa.split(".")[1]?.length ?? 0) - Number(exponent));
}

function leastCommonMultiple(left: number, right: number): number {
  let [a, b] = [left, right];
  while (b !== 0) [a, b] = [b, a % b];
  return (left / a) * right;
}

interface Range {
  readonly from: number;
  readonly to: number;
  readonly fits: (value: number) => boolean;
}

function sampleMultiple({ units, scale }: Step, { from, to, fits }: Range, random: Random): number | undefined {
  const value = (count: number) => (count * units) / scale;
  let first = Math.ceil((from * scale) / units);
  let last = Math.floor((to * scale) / units);
  if (!fits(value(first))) first++;
  if (!fits(value(last))) last--;
  const chosen = first <= last ? value(random.integer(first, last)) : undefined;
  // 0 is a multiple of everything, and the first one beside the range may be within the bounds.
  return [chosen, 0, value(first), value(first - 1), value(last), value(last + 1)].find((each) => each !== undefined && fits(each));
}
