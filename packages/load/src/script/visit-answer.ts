import type { Answer } from "../http/answer.ts";
import { headerOf, parsedBody, textOf } from "../scenario/capture.ts";
import { parseJsonPath, readJsonPlace } from "../scenario/json-path.ts";
import type { VisitAnswer } from "./visit.ts";

/** The answer of the connection holds only until the next; a script keeps its own as long as it likes. */
export function visitAnswer({ status, headText, body, bodyBytes }: Answer, ok: boolean): VisitAnswer {
  const kept = Buffer.from(body);
  return {
    status,
    ok,
    bytes: kept,
    header: (name) => headerOf(headText, name),
    text: () => kept.toString("utf8"),
    // What the caller says it is: nobody can know better here.
    json: <Value>() => JSON.parse(kept.toString("utf8")) as Value,
    value: (path) => textOf(readJsonPlace(parsedBody({ status, headText, body: kept, bodyBytes }), parseJsonPath(path))),
  };
}
