import type { CaptureBatch } from "../capture/fact-queue.ts";
import { putBody } from "../store/bodies.ts";
import type { Store } from "../store/store.ts";
import { appendTransactions } from "../store/transactions.ts";

/** Bodies first: a transaction in the store never refers to a body that is still to come. A batch may be sent twice. */
export async function appendCapture(
  store: Store,
  { run, job, batch }: { readonly run: string; readonly job: string; readonly batch: CaptureBatch },
): Promise<void> {
  const bodies = new Map(batch.bodies.map((body) => [body.hash, body.bytes]));
  for (const bytes of bodies.values()) await putBody(store, { bytes });
  await appendTransactions(store, { run, job, transactions: batch.transactions });
}
