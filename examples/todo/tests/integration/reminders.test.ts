import { describe, expect, test } from "vitest";
import { firstMailTo, mailsTo } from "./mailbox.ts";
import { type Answer, call, type List, newAddress, signUp, startList, webUrl } from "./todo-client.ts";
import { waitUntil } from "./wait-until.ts";

interface Request {
  readonly email: string;
  readonly inMs?: number;
  readonly headers?: Record<string, string>;
}

function remind(list: List, { email, inMs = 0, headers = {} }: Request): Promise<Answer<{ id: string; state: string }>> {
  const at = new Date(Date.now() + inMs).toISOString();
  return call(`PUT /lists/${list.id}/items/${list.items[0]?.id}/reminder`, { body: { email, at }, headers });
}

async function reminderState(listId: string): Promise<string | undefined> {
  return (await call<List>(`GET /lists/${listId}`)).body.items[0]?.reminder?.state;
}

describe("reminders", () => {
  test("a reminder that is due arrives as a mail with the item and the list's address", async () => {
    const email = newAddress();
    const list = await startList(["Water the plants"]);

    expect(await remind(list, { email })).toMatchObject({ status: 202, body: { state: "waiting" } });

    const mail = await firstMailTo(email);
    expect(mail.subject).toBe("Reminder: Water the plants");
    expect(mail.text).toContain(`/lists/${list.id}`);
    await waitUntil("the list says so", async () => ((await reminderState(list.id)) === "sent" ? true : undefined));
  });

  test("a reminder goes to the address it was asked for, also on a list of another account", async () => {
    const owner = await signUp();
    const friend = newAddress();
    const list = await startList(["Bring the tent"], owner.token);

    await remind(list, { email: friend });

    expect((await firstMailTo(friend)).subject).toBe("Reminder: Bring the tent");
    expect(await mailsTo(owner.email)).toEqual([]);
  });

  test("the mail carries the trace of the request that asked for it, through the queue", async () => {
    const email = newAddress();
    const traceId = crypto.randomUUID().replaceAll("-", "");
    const list = await startList(["Follow me"]);

    await remind(list, { email, headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` } });

    expect((await firstMailTo(email)).traceparent?.split("-")[1]).toBe(traceId);
  });

  test("a mail system that is busy gets the mail later, once", async () => {
    const email = newAddress("flaky.example");
    const list = await startList(["Try again"]);

    await remind(list, { email });

    await firstMailTo(email);
    await waitUntil("the reminder is sent", async () => ((await reminderState(list.id)) === "sent" ? true : undefined));
    expect(await mailsTo(email)).toHaveLength(1);
  });

  test("a reminder waits for its time", async () => {
    const email = newAddress();
    const list = await startList(["Not yet"]);
    const at = Date.now() + 1_500;

    await remind(list, { email, inMs: 1_500 });

    expect(await reminderState(list.id)).toBe("waiting");
    await firstMailTo(email);
    expect(Date.now()).toBeGreaterThanOrEqual(at - 50);
  });

  test("a second reminder for an item replaces the first", async () => {
    const [first, second] = [newAddress(), newAddress()];
    const list = await startList(["Changed my mind"]);

    await remind(list, { email: first, inMs: 1_500 });
    await remind(list, { email: second, inMs: 1_500 });

    await firstMailTo(second);
    expect(await mailsTo(first)).toEqual([]);
  });

  test("a list never shows the address a reminder goes to", async () => {
    const email = newAddress();
    const list = await startList(["Private"]);
    await remind(list, { email, inMs: 3_600_000 });

    const { body } = await call<List>(`GET /lists/${list.id}`);

    expect(body.items[0]?.reminder).toMatchObject({ state: "waiting" });
    expect(JSON.stringify(body)).not.toContain(email);
  });

  test("asked for through the page's own address, the API is the same", async () => {
    const list = await startList(["By the front door"]);
    const email = newAddress();

    const response = await fetch(`${webUrl}/api/lists/${list.id}/items/${list.items[0]?.id}/reminder`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email, at: new Date().toISOString() }),
    });

    expect(response.status).toBe(202);
    await firstMailTo(email);
  });

  test.each([
    ["no address", { email: "nobody", at: new Date().toISOString() }, "invalid_email"],
    ["a time in the past", { email: newAddress(), at: "2001-01-01T00:00:00Z" }, "invalid_at"],
    ["a time in two years", { email: newAddress(), at: new Date(Date.now() + 2 * 366 * 86_400_000).toISOString() }, "invalid_at"],
    ["no time", { email: newAddress(), at: "soon" }, "invalid_at"],
  ])("a reminder with %s is refused by name", async (_case, body, code) => {
    const list = await startList(["Whatever"]);

    const answer = await call(`PUT /lists/${list.id}/items/${list.items[0]?.id}/reminder`, { body });

    expect(answer).toMatchObject({ status: 400, body: { error: { code } } });
  });
});
