import type { MockWorld } from "../contract.ts";
import type { Journal } from "../journal/serve-event.ts";
import { AdminRefusal } from "./admin-refusal.ts";

/** The journal, where an answer without one would be wrong. */
export function requireJournal({ journal }: MockWorld): Journal {
  if (journal.enabled) return journal;
  const title = "The request journal is disabled, so no verification or request searching operations are available";
  throw new AdminRefusal(400, [{ code: 50, title, detail: "start the mock without --no-request-journal" }]);
}
