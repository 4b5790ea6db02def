import { randomInt } from "node:crypto";
import { type GuestUser, ownUserOf } from "@dojang/runtime";

// Above the numbers that environments take for theirs. Several judges of one machine choose at random: limits of processes count by user.
const firstNumber = 100_000;
const poolSize = 1_000_000;
const taken = new Set<number>();

/** A user of this machine that nothing else runs as; undefined where the judge cannot choose users and guests run as it does. */
export function takePoolUser(): { readonly user: GuestUser | undefined; release(): void } {
  let number = randomInt(poolSize);
  while (taken.has(number)) number = randomInt(poolSize);
  taken.add(number);
  return { user: ownUserOf(firstNumber + number), release: () => void taken.delete(number) };
}
