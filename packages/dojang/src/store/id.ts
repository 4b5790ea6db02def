import { randomBytes } from "node:crypto";

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

/** 20 characters of `[0-9a-z]`: 45 bits of milliseconds, then 55 random bits; sorts by time, fits in names of folders and environments. */
export function newId(now: number = Date.now()): string {
  let id = "";
  for (let rest = BigInt(now), digit = 0; digit < 9; digit++, rest >>= 5n) {
    id = alphabet[Number(rest & 31n)] + id;
  }
  for (const byte of randomBytes(11)) id += alphabet[byte & 31];
  return id;
}
