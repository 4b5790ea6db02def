import { parseValuePattern } from "../mapping/parse-value-pattern.ts";
import { prettyJson } from "../mapping/pretty-json.ts";
import type { JsonObject } from "../mapping/stub-mapping.ts";
import { compileValue } from "../matching/values/compile-value.ts";
import { type AdminCall, readBody } from "./admin-call.ts";

/** A content pattern that is asked about metadata written as JSON; a stub without any has `null`. */
export function readMetadataMatcher(call: AdminCall): (metadata: JsonObject | undefined) => boolean {
  const matcher = compileValue(readBody(call, parseValuePattern));
  return (metadata) => matcher.matches(prettyJson(metadata ?? null));
}
