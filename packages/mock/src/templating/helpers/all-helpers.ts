import type { Helpers } from "../evaluation/helper.ts";
import { arrayHelpers } from "./array-helpers.ts";
import { blockHelpers } from "./block-helpers.ts";
import { conditionHelpers } from "./condition-helpers.ts";
import { dateHelpers } from "./date-helpers.ts";
import { encodingHelpers } from "./encoding-helpers.ts";
import { jsonChangeHelpers } from "./json-change-helpers.ts";
import { jsonHelpers } from "./json-helpers.ts";
import { randomHelpers } from "./random-helpers.ts";
import { regexHelpers } from "./regex-helpers.ts";
import { textHelpers } from "./text-helpers.ts";
import { valueHelpers } from "./value-helpers.ts";
import { xmlHelpers } from "./xml-helpers.ts";

/** Every helper a template can call, by name. */
export const allHelpers: Helpers = new Map(
  [
    blockHelpers,
    conditionHelpers,
    textHelpers,
    valueHelpers,
    arrayHelpers,
    encodingHelpers,
    regexHelpers,
    randomHelpers,
    dateHelpers,
    jsonHelpers,
    jsonChangeHelpers,
    xmlHelpers,
  ].flatMap((helpers) => [...helpers]),
);
