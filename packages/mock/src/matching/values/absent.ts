import type { ValuePattern } from "../../mapping/stub-mapping.ts";
import type { ValueMatcher } from "../matcher.ts";

export function compileAbsent(pattern: ValuePattern & { kind: "absent" }): ValueMatcher {
  return {
    pattern,
    matches: (value) => value === undefined,
    distance: (value) => (value === undefined ? 0 : 1),
    describe: () => "(absent)",
  };
}
