import { isDeepStrictEqual } from "node:util";
import type { ResponseReader } from "../http/response-reader.ts";
import { headerOf, parsedBody } from "./capture.ts";
import { parseJsonPath, readJsonPlace } from "./json-path.ts";
import type { Check } from "./scenario.ts";

export interface CompiledCheck {
  readonly kind: Check["kind"];
  holds(reader: ResponseReader): boolean;
}

/** Throws a RangeError for a path that is none. */
export function compileCheck(check: Check): CompiledCheck {
  switch (check.kind) {
    case "status": {
      const allowed = new Set(check.oneOf);
      return { kind: check.kind, holds: (reader) => allowed.has(reader.status) };
    }
    case "body-contains": {
      const wanted = Buffer.from(check.text, "utf8");
      return { kind: check.kind, holds: (reader) => reader.body.includes(wanted) };
    }
    case "json": {
      const place = parseJsonPath(check.path);
      return { kind: check.kind, holds: (reader) => isDeepStrictEqual(readJsonPlace(parsedBody(reader), place), check.equals) };
    }
    case "header":
      return { kind: check.kind, holds: (reader) => headerOf(reader.headText, check.name)?.includes(check.contains) === true };
  }
}
