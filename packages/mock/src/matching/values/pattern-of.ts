import type { ValuePattern } from "../../mapping/stub-mapping.ts";

/** The member of ValuePattern that covers a kind, also where it covers other kinds too: `PatternOf<"contains">`. */
export type PatternOf<Kind extends ValuePattern["kind"]> = MemberWith<ValuePattern, Kind>;

type MemberWith<Pattern extends ValuePattern, Kind> = Pattern extends unknown ? (Kind extends Pattern["kind"] ? Pattern : never) : never;
