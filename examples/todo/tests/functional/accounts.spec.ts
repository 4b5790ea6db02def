import { randomUUID } from "node:crypto";
import { expect, test } from "./browser-test.ts";
import { TodoPage } from "./todo-page.ts";

const password = "correct horse battery";

test("who signs up finds the lists again after signing out and in", async ({ page }) => {
  const todo = new TodoPage(page);
  const email = `edith-${randomUUID()}@example.com`;
  await todo.signUp(email, password);
  await expect(page.getByText(email)).toBeVisible();
  await todo.startList("Immanentize eschaton");

  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByText(email)).toBeHidden();

  await page.getByRole("link", { name: "Sign in" }).click();
  await page.getByLabel("Mail address").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("main").getByRole("link", { name: "To-do list" }).click();
  await expect(todo.item("Immanentize eschaton")).toBeVisible();
});

test("a list started without an account can be kept", async ({ page }) => {
  const todo = new TodoPage(page);
  const address = await todo.startList("Found on the way");
  await todo.signUp(`edith-${randomUUID()}@example.com`, password);
  await expect(page.getByText("No lists yet.")).toBeVisible();

  await page.goto(address);
  await page.getByRole("button", { name: "Keep it in my lists" }).click();
  await expect(page.getByRole("button", { name: "Keep it in my lists" })).toBeHidden();

  await todo.open();
  await expect(page.getByRole("link", { name: "To-do list" })).toHaveAttribute("href", new URL(address).pathname);
});

test("a wrong password is said, and nobody is signed in", async ({ page }) => {
  await page.goto("/account");
  await page.getByLabel("Mail address").fill("nobody@example.com");
  await page.getByLabel("Password").fill("wrong horse battery");
  await page.getByRole("button", { name: "Sign in" }).click();

  await expect(page.getByText("The address or the password is wrong.")).toBeVisible();
  await expect(page).toHaveURL(/\/account$/);
});
