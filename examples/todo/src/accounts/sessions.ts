import { errors, jwtVerify, SignJWT } from "jose";
import { z } from "zod";
import type { Account } from "./account-store.ts";

export interface Sessions {
  issue(account: Account): Promise<{ token: string; expiresAt: Date }>;
  /** Undefined for a token that is not ours, was changed, or has expired. */
  read(token: string): Promise<Account | undefined>;
}

const issuer = "todo";
const claims = z.object({ sub: z.uuid(), email: z.string() });

export function createSessions(options: { secret: string; hours: number; now?: () => Date }): Sessions {
  const key = new TextEncoder().encode(options.secret);
  const now = options.now ?? (() => new Date());
  return {
    issue: async (account) => {
      const expiresAt = new Date(now().getTime() + options.hours * 3_600_000);
      const token = await new SignJWT({ email: account.email })
        .setProtectedHeader({ alg: "HS256" })
        .setIssuer(issuer)
        .setSubject(account.id)
        .setIssuedAt(now())
        .setExpirationTime(expiresAt)
        .sign(key);
      return { token, expiresAt };
    },
    read: async (token) => {
      try {
        const { payload } = await jwtVerify(token, key, { issuer, algorithms: ["HS256"], currentDate: now() });
        const { sub, email } = claims.parse(payload);
        return { id: sub, email };
      } catch (error) {
        if (error instanceof errors.JOSEError || error instanceof z.ZodError) return undefined;
        throw error;
      }
    },
  };
}
