import { randomInt } from "node:crypto";
import { type GuestUser, ownUserOf } from "@dojang/runtime";

// Above the numbers that environments take for theirs. Limits of processes count by user, so several judges of one machine must not share any:
// each has a part of the pool, chosen at random.
const firstNumber = 100_000;
const parts = 1_000;
const partSize = 1_000;
const ownPart = firstNumber + randomInt(parts) * partSize;
const taken = new Set<number>();

/** A user of this machine that nothing else runs as; undefined where the judge cannot choose users and guests run as it does. */
export function takePoolUser(): { readonly user: GuestUser | undefined; release(): void } {
  if (taken.size >= partSize) throw new Error(`all ${partSize} users of this judge are taken`);
  let number = randomInt(partSize);
  while (taken.has(number)) number = randomInt(partSize);
  taken.add(number);
  return { user: ownUserOf(ownPart + number), release: () => void taken.delete(number) };
}

/** Whether a user is one that this process gives to guests. */
export function isPoolUser(uid: number): boolean {
  const [first, last] = [ownUserOf(ownPart), ownUserOf(ownPart + partSize - 1)];
  return first !== undefined && last !== undefined && first.uid !== last.uid && uid >= first.uid && uid <= last.uid;
}
