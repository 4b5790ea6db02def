export const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
/** From Monday, as ISO counts. */
export const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

export type NameStyle = "full" | "short" | "narrow";

/** Names and their numbers from 1, the longest first. Narrow ones that stand for several mean the last, as in Java. */
export function numbered(names: readonly string[], style: NameStyle): readonly (readonly [string, number])[] {
  const styled = names.map((name, i): [string, number] => [style === "full" ? name : name.slice(0, style === "short" ? 3 : 1), i + 1]);
  return [...styled].sort(([one], [two]) => two.length - one.length);
}
