import { createHash } from "node:crypto";
import type { FastifyRequest } from "fastify";
import type { Database, Session } from "../database/database.ts";
import { Refusal } from "../http/refusal.ts";

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const keyLimit = 200;

/**
 * Runs `work` in a transaction, once per Idempotency-Key: the same key again gets the first answer, a key used for another
 * request is refused. Without the header the work still is harmless to repeat, by the contract of `transaction`.
 */
export async function answerOnce(
  database: Database,
  request: FastifyRequest,
  work: (session: Session) => Promise<Answer>,
): Promise<Answer & { readonly repeated: boolean }> {
  const key = request.headers["idempotency-key"];
  if (key === undefined) return { ...(await database.transaction(work)), repeated: false };
  if (typeof key !== "string" || key === "" || key.length > keyLimit) {
    throw new Refusal(400, "invalid_idempotency_key", `Idempotency-Key: between 1 and ${keyLimit} characters`);
  }
  const route = `${request.method} ${request.url}`;
  const fingerprint = createHash("sha256")
    .update(JSON.stringify(request.body ?? null))
    .digest("hex");
  return database.transaction(async (session) => {
    // A request with the same key at the same moment waits here until the first one commits.
    const inserted = await session.query(
      "insert into idempotency_key (route, key, fingerprint) values ($1, $2, $3) on conflict do nothing returning key",
      [route, key, fingerprint],
    );
    if (inserted.length === 0) return earlierAnswer(session, { route, key, fingerprint });
    const answer = await work(session);
    await session.query("update idempotency_key set status = $3, body = $4 where route = $1 and key = $2", [
      route,
      key,
      answer.status,
      JSON.stringify(answer.body),
    ]);
    return { ...answer, repeated: false };
  });
}

async function earlierAnswer(session: Session, { route, key, fingerprint }: { route: string; key: string; fingerprint: string }) {
  const [row] = await session.query<{ fingerprint: string; status: number; body: unknown }>(
    "select fingerprint, status, body from idempotency_key where route = $1 and key = $2",
    [route, key],
  );
  if (!row || row.fingerprint !== fingerprint) {
    throw new Refusal(422, "idempotency_key_reused", "this Idempotency-Key was used for another request");
  }
  return { status: row.status, body: row.body, repeated: true };
}
