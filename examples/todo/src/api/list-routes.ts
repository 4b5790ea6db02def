import { randomBytes, randomUUID } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Account } from "../accounts/account-store.ts";
import { accepted, Refusal } from "../http/refusal.ts";
import type { List } from "../lists/list.ts";
import { itemTitle, listTitle } from "../lists/titles.ts";
import { type ApiContext, requireAccount, signedInAccount } from "./api-context.ts";
import { answerOnce } from "./idempotency.ts";
import { listAddress, noSuchList } from "./list-address.ts";

const newList = z.object({ title: listTitle.optional(), items: z.array(itemTitle).max(50).default([]) });

export function registerListRoutes(app: FastifyInstance, context: ApiContext): void {
  const { lists, cache, database } = context;

  app.post("/lists", async (request, reply) => {
    const { title = "", items } = accepted(newList, request.body);
    if (new Set(items).size < items.length) throw new Refusal(400, "invalid_items", "items: the same title is there twice");
    const account = await signedInAccount(context, request);
    // Made before the first attempt, so that repeating the transaction inserts nothing twice.
    const id = randomBytes(16).toString("base64url");
    const newItems = items.map((text) => ({ id: randomUUID(), listId: id, title: text }));
    const answer = await answerOnce(database, request, async (session) => {
      await lists.insert(session, { id, title, ownerId: account?.id ?? null });
      for (const item of newItems) await lists.insertItem(session, item);
      const shown = newItems.map((item) => ({ id: item.id, title: item.title, done: false, reminder: null }));
      return { status: 201, body: { id, title, owned: account !== undefined, mine: account !== undefined, items: shown } };
    });
    return reply.status(answer.status).header("idempotent-replay", String(answer.repeated)).send(answer.body);
  });

  app.get("/lists", async (request) => {
    const account = await requireAccount(context, request);
    return { lists: await lists.ownedBy(account.id) };
  });

  app.get("/lists/:listId", async (request, reply) => {
    const { listId } = listAddress(request.params);
    const { list, outcome } = await readList(context, listId);
    reply.header("x-cache", outcome);
    return shownTo(await signedInAccount(context, request), list);
  });

  app.patch("/lists/:listId", async (request, reply) => {
    const { listId } = listAddress(request.params);
    const { title } = accepted(z.object({ title: listTitle }), request.body);
    if (!(await lists.rename(listId, title))) throw noSuchList();
    await cache.forget(listId);
    return reply.status(204).send();
  });

  app.put("/lists/:listId/owner", async (request, reply) => {
    const account = await requireAccount(context, request);
    const { list } = await readList(context, listAddress(request.params).listId);
    if (!(await lists.claim(list.id, account.id))) throw new Refusal(409, "owned", "the list belongs to another account");
    await cache.forget(list.id);
    return reply.status(204).send();
  });

  app.delete("/lists/:listId", async (request, reply) => {
    const account = await requireAccount(context, request);
    const { list } = await readList(context, listAddress(request.params).listId);
    if (list.ownerId !== account.id) throw new Refusal(403, "not_yours", "only the account a list belongs to can delete it");
    await lists.delete(list.id);
    await cache.forget(list.id);
    return reply.status(204).send();
  });
}

async function readList({ lists, cache }: ApiContext, id: string): Promise<{ list: List; outcome: string }> {
  const cached = await cache.read(id);
  if (cached.list) return { list: cached.list, outcome: cached.outcome };
  const list = await lists.find(id);
  if (!list) throw noSuchList();
  await cache.fill(list);
  return { list, outcome: cached.outcome };
}

function shownTo(account: Account | undefined, { ownerId, ...list }: List) {
  return { ...list, owned: ownerId !== null, mine: ownerId !== null && ownerId === account?.id };
}
