import { z } from "zod";
import { Refusal } from "../http/refusal.ts";

/** 16 random bytes in base64url: an address nobody guesses. */
const listParams = z.object({ listId: z.string().regex(/^[\w-]{22}$/) });
const itemParams = z.object({ itemId: z.uuid() });

/** An address that cannot be one is answered like one that is not there. */
export function listAddress(params: unknown): { listId: string } {
  const result = listParams.safeParse(params);
  if (!result.success) throw noSuchList();
  return result.data;
}

export function itemAddress(params: unknown): { listId: string; itemId: string } {
  const { listId } = listAddress(params);
  const result = itemParams.safeParse(params);
  if (!result.success) throw noSuchItem();
  return { listId, itemId: result.data.itemId };
}

export function noSuchList(): Refusal {
  return new Refusal(404, "no_such_list", "there is no list at this address");
}

export function noSuchItem(): Refusal {
  return new Refusal(404, "no_such_item", "the list has no such item");
}
