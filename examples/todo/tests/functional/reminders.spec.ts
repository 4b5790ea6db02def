import { randomUUID } from "node:crypto";
import type { APIRequestContext } from "@playwright/test";
import { mailsIn, mailsRequest } from "../delivered-mails.ts";
import { expect, test } from "./browser-test.ts";
import { TodoPage } from "./todo-page.ts";

async function subjectsOfMailsTo(address: string, request: APIRequestContext): Promise<string[]> {
  const { url, body } = mailsRequest(address);
  const response = body === undefined ? await request.get(url) : await request.post(url, { data: body });
  return mailsIn(await response.json()).map((mail) => mail.subject);
}

// A live site lets nobody look into its mailbox from outside.
test("a reminder set on the page is delivered", { tag: "@mailbox" }, async ({ page, request }) => {
  const todo = new TodoPage(page);
  const email = `edith-${randomUUID()}@example.com`;
  await todo.startList("Feed the cat");

  await page.getByRole("button", { name: "Remind me: Feed the cat" }).click();
  await page.getByLabel("Mail address").fill(email);
  const thisMinute = await page.evaluate(() => new Date(Date.now() - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 16));
  await page.getByLabel("When").fill(thisMinute);
  await page.getByRole("button", { name: "Set reminder" }).click();

  await expect(page.getByText("Reminder set")).toBeVisible();
  await expect.poll(() => subjectsOfMailsTo(email, request)).toEqual(["Reminder: Feed the cat"]);
  await page.reload();
  await expect(page.getByText("Reminder sent")).toBeVisible();
});

test("a reminder without an address is refused on the spot", async ({ page }) => {
  const todo = new TodoPage(page);
  await todo.startList("Feed the dog");

  await page.getByRole("button", { name: "Remind me: Feed the dog" }).click();
  await page.getByRole("button", { name: "Set reminder" }).click();

  await expect(page.getByText("This is not a mail address.")).toBeVisible();
});
