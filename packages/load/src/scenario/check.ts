import { isDeepStrictEqual } from "node:util";
import type { Answer } from "../http/answer.ts";
import { headerOf, parsedBody } from "./capture.ts";
import { parseJsonPath, readJsonPlace } from "./json-path.ts";
import type { Check } from "./scenario.ts";

export interface CompiledCheck {
  readonly kind: Check["kind"];
  holds(answer: Answer): boolean;
}

/** Throws a RangeError for a path that is none. */
export function compileCheck(check: Check): CompiledCheck {
  switch (check.kind) {
    case "status": {
      const allowed = new Set(check.oneOf);
      return { kind: check.kind, holds: (answer) => allowed.has(answer.status) };
    }
    case "body-contains": {
      const wanted = Buffer.from(check.text, "utf8");
      return { kind: check.kind, holds: (answer) => answer.body.includes(wanted) };
    }
    case "json": {
      const place = parseJsonPath(check.path);
      return { kind: check.kind, holds: (answer) => isDeepStrictEqual(readJsonPlace(parsedBody(answer), place), check.equals) };
    }
    case "header":
      return { kind: check.kind, holds: (answer) => headerOf(answer.headText, check.name)?.includes(check.contains) === true };
  }
}
