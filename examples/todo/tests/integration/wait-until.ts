import { setTimeout as delay } from "node:timers/promises";

const limitMs = 8_000;
const pauseMs = 100;

/** Asks again and again until `look` finds something; fails by name when it never does. */
export async function waitUntil<Found>(what: string, look: () => Promise<Found | undefined>): Promise<Found> {
  const deadline = Date.now() + limitMs;
  while (Date.now() < deadline) {
    const found = await look();
    if (found !== undefined) return found;
    await delay(pauseMs);
  }
  throw new Error(`${what}: did not happen within ${limitMs} ms`);
}
