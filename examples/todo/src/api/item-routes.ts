import { randomUUID } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { isUniqueViolation } from "../database/unique-violation.ts";
import { accepted, Refusal } from "../http/refusal.ts";
import { itemTitle } from "../lists/titles.ts";
import type { ApiContext } from "./api-context.ts";
import { answerOnce } from "./idempotency.ts";
import { itemAddress, listAddress, noSuchItem, noSuchList } from "./list-address.ts";

const itemLimit = 500;
const itemChange = z
  .object({ title: itemTitle.optional(), done: z.boolean().optional() })
  .refine((change) => change.title !== undefined || change.done !== undefined, "names nothing to change");

export function registerItemRoutes(app: FastifyInstance, context: ApiContext): void {
  const { lists, cache, database } = context;

  app.post("/lists/:listId/items", async (request, reply) => {
    const { listId } = listAddress(request.params);
    const { title } = accepted(z.object({ title: itemTitle }), request.body);
    const item = { id: randomUUID(), listId, title };
    const answer = await refusingDuplicates(() =>
      answerOnce(database, request, async (session) => {
        const count = await lists.countItems(session, listId);
        if (count === undefined) throw noSuchList();
        if (count >= itemLimit) throw new Refusal(409, "list_full", `a list has at most ${itemLimit} items`);
        await lists.insertItem(session, item);
        return { status: 201, body: { id: item.id, title, done: false, reminder: null } };
      }),
    );
    await cache.forget(listId);
    return reply.status(answer.status).header("idempotent-replay", String(answer.repeated)).send(answer.body);
  });

  app.patch("/lists/:listId/items/:itemId", async (request) => {
    const { listId, itemId } = itemAddress(request.params);
    const change = accepted(itemChange, request.body);
    const item = await refusingDuplicates(() => lists.changeItem(listId, itemId, change));
    if (!item) throw noSuchItem();
    await cache.forget(listId);
    return item;
  });

  // Deleting what is gone is done: a repeated request finds nothing left to do.
  app.delete("/lists/:listId/items/:itemId", async (request, reply) => {
    const { listId, itemId } = itemAddress(request.params);
    await lists.deleteItem(listId, itemId);
    await cache.forget(listId);
    return reply.status(204).send();
  });
}

async function refusingDuplicates<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!isUniqueViolation(error, "item_title_once_per_list")) throw error;
    throw new Refusal(409, "duplicate_item", "the list has this item already");
  }
}
