import { expect, type Locator, type Page } from "@playwright/test";

/** What a person does on the page, by what a person sees. */
export class TodoPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  get newItem(): Locator {
    return this.page.getByRole("textbox", { name: "New item" });
  }

  get items(): Locator {
    return this.page.getByRole("main").getByRole("checkbox");
  }

  item(title: string): Locator {
    return this.page.getByRole("listitem").filter({ hasText: title });
  }

  async open(): Promise<void> {
    await this.page.goto("/");
  }

  /** Types the first item on the front page; ends on the list's own address, which it returns. */
  async startList(firstItem: string): Promise<string> {
    await this.open();
    await this.add(firstItem);
    await this.page.waitForURL(/\/lists\/[\w-]{22}$/);
    await expect(this.item(firstItem)).toBeVisible();
    return this.page.url();
  }

  async add(title: string): Promise<void> {
    await this.newItem.fill(title);
    await this.newItem.press("Enter");
  }

  async signUp(email: string, password: string): Promise<void> {
    await this.page.goto("/account");
    await this.page.getByLabel("Mail address").fill(email);
    await this.page.getByLabel("Password").fill(password);
    await this.page.getByRole("button", { name: "Sign up" }).click();
  }
}
