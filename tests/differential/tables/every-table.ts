import { adminCases } from "./admin.ts";
import { httpCases } from "./http.ts";
import type { NamedCase } from "./named-case.ts";
import { proxyCases, recordingCases } from "./proxying.ts";
import { numberCases, responseCases, templateCases } from "./responses.ts";
import { scenarioCases } from "./scenarios.ts";
import { urlCases } from "./urls.ts";
import { matchingCases } from "./values.ts";

export const everyTable: Readonly<Record<string, readonly NamedCase[]>> = {
  urls: urlCases,
  matching: matchingCases,
  responses: responseCases,
  numbers: numberCases,
  templates: templateCases,
  HTTP: httpCases,
  scenarios: scenarioCases,
  admin: adminCases,
  proxying: proxyCases,
  recording: recordingCases,
};
