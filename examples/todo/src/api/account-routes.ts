import { randomUUID } from "node:crypto";
import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";
import type { Account } from "../accounts/account-store.ts";
import { isUniqueViolation } from "../database/unique-violation.ts";
import { accepted, Refusal } from "../http/refusal.ts";
import { type ApiContext, requireAccount, sessionCookie } from "./api-context.ts";

const email = z.string().trim().pipe(z.email("is not a mail address").max(254));
const newAccount = z.object({ email, password: z.string().min(10, "has at least 10 characters").max(200) });
const credentials = z.object({ email: z.string().max(254), password: z.string().max(200) });

export function registerAccountRoutes(app: FastifyInstance, context: ApiContext): void {
  const { accounts, passwords } = context;

  app.post("/accounts", async (request, reply) => {
    const wanted = accepted(newAccount, request.body);
    const account = { id: randomUUID(), email: wanted.email };
    try {
      await accounts.insert({ ...account, passwordHash: await passwords.hash(wanted.password) });
    } catch (error) {
      if (!isUniqueViolation(error, "account_email_once")) throw error;
      throw new Refusal(409, "email_taken", "there is an account with this address already");
    }
    request.log.info({ account: account.id }, "signed up");
    return signIn(context, reply, account);
  });

  app.post("/sessions", async (request, reply) => {
    const given = accepted(credentials, request.body);
    const found = await accounts.findByEmail(given.email.trim());
    if (!(await passwords.matches(given.password, found?.passwordHash)) || !found) {
      throw new Refusal(401, "wrong_credentials", "the address or the password is wrong");
    }
    return signIn(context, reply, { id: found.id, email: found.email });
  });

  app.delete("/sessions/current", async (_request, reply) => reply.clearCookie(sessionCookie, { path: "/" }).status(204).send());

  app.get("/accounts/me", async (request) => ({ account: await requireAccount(context, request) }));
}

async function signIn({ sessions, secureCookies }: ApiContext, reply: FastifyReply, account: Account) {
  const { token, expiresAt } = await sessions.issue(account);
  return reply
    .setCookie(sessionCookie, token, { path: "/", httpOnly: true, sameSite: "lax", secure: secureCookies, expires: expiresAt })
    .status(201)
    .send({ account, token, expiresAt });
}
