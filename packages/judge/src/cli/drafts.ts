import { resolve } from "node:path";
import { type Draft, listDrafts } from "../authoring/draft-shelf.ts";
import { plainText } from "../authoring/plain-text.ts";

export async function drafts({ folder, flags }: { readonly folder: string; readonly flags: { readonly json?: boolean } }): Promise<void> {
  const found = await listDrafts({ folder: resolve(folder) });
  if (flags.json)
    for (const { id, folder: at, changed, made } of found) process.stdout.write(`${JSON.stringify({ id, folder: at, changed, made })}\n`);
  else if (found.length === 0) process.stdout.write(`there are no drafts in ${folder}\n`);
  else process.stdout.write(plainText(found.map(draftLine).join("")));
}

function draftLine({ id, changed, made }: Draft): string {
  const cost = made.spent.usd === undefined ? `${made.spent.input + made.spent.output} tokens` : `$${made.spent.usd.toFixed(4)}`;
  const by = `${made.by.model}, ${cost}`;
  if (made.state === "dropped") return `dropped  ${id} (${by}): ${made.dropped?.reason ?? ""}\n`;
  if (changed) return `changed  ${id} (${by}): not as it was proven; dojang-judge prove proves it again\n`;
  return `${made.state.padEnd(8)} ${id} (${by}): ${made.title?.en ?? ""}\n`;
}
