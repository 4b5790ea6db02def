import { hash, verify } from "@node-rs/argon2";

export interface Passwords {
  hash(password: string): Promise<string>;
  /** False also when there is no hash; it takes as long either way, so that nobody learns which accounts exist. */
  matches(password: string, passwordHash: string | undefined): Promise<boolean>;
}

/** OWASP's second recommendation for argon2id, the library's default algorithm: 19 MiB, two passes, one lane. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** A hash of random bytes with the same cost; no password matches it. */
const nobody = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

export function createPasswords(): Passwords {
  return {
    hash: (password) => hash(password, cost),
    matches: async (password, passwordHash) => (await verify(passwordHash ?? nobody, password)) && passwordHash !== undefined,
  };
}
