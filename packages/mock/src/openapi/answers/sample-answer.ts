import type { ResponseDefinition } from "../../mapping/stub-mapping.ts";
import { placeOf } from "../documents/document-node.ts";
import type { ChosenResponse } from "./choose-response.ts";
import { type Preferences, preferenceApplied } from "./prefer.ts";
import { problemAnswer } from "./problem-answer.ts";
import { chooseBody } from "./response-body.ts";
import { contentFor, type Writing, writeResponse } from "./write-response.ts";

/** A declared response: its example, else a sample of its schema. */
export function sampleAnswer(chosen: ChosenResponse, preferences: Preferences, writing: Writing): ResponseDefinition {
  const applied = preferenceApplied(preferences);
  const headers: Readonly<Record<string, string>> = applied === undefined ? {} : { "Preference-Applied": applied };
  const content = contentFor(chosen, writing.request);
  if (content === undefined) {
    if (preferences.example !== undefined) return noSuchExample(chosen, `${placeOf(chosen.declared.node)} has no content, so no examples`);
    return writeResponse(chosen, { value: undefined, content, headers }, writing);
  }
  const wish = { example: preferences.example, dynamic: preferences.dynamic === true, seed: writing.seed };
  const choice = chooseBody(content, wish, writing.parts);
  if (choice.ok) return writeResponse(chosen, { value: choice.value, content, headers }, writing);
  if (choice.reason !== "no-sample") return noSuchExample(chosen, choice.message);
  return problemAnswer({
    status: 500,
    title: "The document declares an answer that could not be made up.",
    detail: `${choice.message}. Add an \`example\` to ${placeOf(content.node)}.`,
  });
}

function noSuchExample({ status }: ChosenResponse, message: string): ResponseDefinition {
  return problemAnswer({ status: 404, title: "There is no such example.", detail: `For status ${status}, ${message}.` });
}
