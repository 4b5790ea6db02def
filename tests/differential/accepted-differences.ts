import type { AcceptedDifference } from "./accepted/accepted-difference.ts";
import { adminDifferences } from "./accepted/admin.ts";
import { answersDifferences } from "./accepted/answers.ts";
import { pagesDifferences } from "./accepted/pages.ts";
import { proxyingDifferences } from "./accepted/proxying.ts";
import { recordingDifferences } from "./accepted/recording.ts";
import { stubsDifferences } from "./accepted/stubs.ts";
import { templatesDifferences } from "./accepted/templates.ts";

/** Every difference that is accepted. This is the only place where one may be. */
export const acceptedDifferences: readonly AcceptedDifference[] = [
  ...answersDifferences,
  ...stubsDifferences,
  ...pagesDifferences,
  ...templatesDifferences,
  ...adminDifferences,
  ...proxyingDifferences,
  ...recordingDifferences,
];
