import type { ReportData } from "./report-data.ts";
import type { Translate } from "./words.ts";

/** What every page is made from. */
export interface Screen {
  readonly data: ReportData;
  readonly t: Translate;
}
