import { expect, test } from "./browser-test.ts";
import { TodoPage } from "./todo-page.ts";

test("a visitor starts a list and finds it again later at its address", async ({ page, browser }) => {
  const todo = new TodoPage(page);
  const address = await todo.startList("Buy peacock feathers");
  await todo.add("Make a fly");
  await expect(todo.item("Make a fly")).toBeVisible();

  const later = await browser.newContext();
  const visit = new TodoPage(await later.newPage());
  await visit.page.goto(address);

  await expect(visit.item("Buy peacock feathers")).toBeVisible();
  await expect(visit.item("Make a fly")).toBeVisible();
  await later.close();
});

test("lists of two visitors have different addresses and do not mix", async ({ browser }) => {
  const contexts = await Promise.all([browser.newContext(), browser.newContext()]);
  const [edith, francis] = await Promise.all(contexts.map(async (context) => new TodoPage(await context.newPage())));
  if (!edith || !francis) throw new Error("two visitors were expected");

  const [first, second] = await Promise.all([edith.startList("Buy feathers"), francis.startList("Buy milk")]);

  expect(first).not.toBe(second);
  await edith.page.reload();
  await expect(edith.item("Buy feathers")).toBeVisible();
  await expect(edith.item("Buy milk")).toHaveCount(0);
  await Promise.all(contexts.map((context) => context.close()));
});

test("an item is completed, renamed and deleted, and stays so", async ({ page }) => {
  const todo = new TodoPage(page);
  await todo.startList("Tent");
  await todo.add("Stove");
  await expect(todo.items).toHaveCount(2);

  await page.getByRole("checkbox", { name: "Tent" }).check();
  await page.getByRole("button", { name: "Rename: Stove" }).click();
  await page.getByRole("textbox", { name: "Rename" }).fill("가스 버너");
  await page.getByRole("textbox", { name: "Rename" }).press("Enter");
  await expect(todo.item("가스 버너")).toBeVisible();
  await page.getByRole("button", { name: "Delete: Tent" }).click();
  await expect(todo.items).toHaveCount(1);

  await page.reload();
  await expect(todo.items).toHaveCount(1);
  await expect(todo.item("가스 버너")).toBeVisible();
});

test("what is wrong with an item is said at once and goes away while typing", async ({ page }) => {
  const todo = new TodoPage(page);
  await todo.startList("Once");

  await todo.add("Once");
  await expect(page.getByText("You have this item in your list already.")).toBeVisible();
  await todo.newItem.pressSequentially("x");
  await expect(page.getByText("You have this item in your list already.")).toBeHidden();

  await todo.add("   ");
  await expect(page.getByText("An item needs a text")).toBeVisible();
  await expect(todo.items).toHaveCount(1);
});

test("an address without a list says so", async ({ page }) => {
  await page.goto("/lists/AAAAAAAAAAAAAAAAAAAAAA");

  await expect(page.getByRole("heading", { name: "There is no list at this address." })).toBeVisible();
});
