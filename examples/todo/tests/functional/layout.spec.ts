import { expect, test } from "./browser-test.ts";
import { TodoPage } from "./todo-page.ts";

test("the box for a new item is centred, on the front page and on a list", async ({ page }) => {
  const todo = new TodoPage(page);
  const centre = async () => {
    const box = await todo.newItem.boundingBox();
    return box === null ? Number.NaN : box.x + box.width / 2;
  };

  await todo.open();
  await expect(todo.newItem).toBeVisible();
  expect(Math.abs((await centre()) - 512)).toBeLessThanOrEqual(5);

  await todo.startList("Testing");
  expect(Math.abs((await centre()) - 512)).toBeLessThanOrEqual(5);
});

test("the page has its styles: a large box with round corners, no serif", async ({ page }) => {
  const todo = new TodoPage(page);
  await todo.open();

  await expect(todo.newItem).toHaveCSS("border-top-left-radius", "10px");
  await expect(todo.newItem).toHaveCSS("font-size", "19.2px");
  await expect(page.getByRole("heading", { level: 1 })).toHaveCSS("text-align", "center");
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`text can be read in ${colorScheme} colours`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    await new TodoPage(page).open();
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();

    const luminance = await page.evaluate(() => {
      const canvas = document.createElement("canvas").getContext("2d");
      if (!canvas) throw new Error("no canvas");
      const of = (colour: string) => {
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        const channels = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((value) => value / 255);
        const linear = channels.map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
        return 0.2126 * (linear[0] ?? 0) + 0.7152 * (linear[1] ?? 0) + 0.0722 * (linear[2] ?? 0);
      };
      const style = getComputedStyle(document.body);
      return { text: of(style.color), ground: of(style.backgroundColor) };
    });

    const [light, dark] = [Math.max(luminance.text, luminance.ground), Math.min(luminance.text, luminance.ground)];
    expect((light + 0.05) / (dark + 0.05)).toBeGreaterThan(7);
    expect(luminance.ground > luminance.text).toBe(colorScheme === "light");
  });
}

test("on a narrow screen nothing sticks out", async ({ page }) => {
  await page.setViewportSize({ width: 320, height: 640 });
  const todo = new TodoPage(page);
  await todo.startList(`A word that is very long: ${"x".repeat(120)}`);

  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(overflow).toBe(0);
});

test("everything can be done with the keyboard", async ({ page }) => {
  const todo = new TodoPage(page);
  await todo.open();
  await expect(todo.newItem).toBeFocused();
  await page.keyboard.type("Keys only");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/lists\//);
  await expect(todo.newItem).toBeFocused();

  await page.keyboard.press("Tab");
  await expect(page.getByRole("checkbox", { name: "Keys only" })).toBeFocused();
  await page.keyboard.press("Space");
  await expect(page.getByRole("checkbox", { name: "Keys only" })).toBeChecked();
});

test("who reads Korean gets the page in Korean", async ({ browser }) => {
  const context = await browser.newContext({ locale: "ko-KR" });
  const page = await context.newPage();

  await page.goto("/");

  await expect(page.locator("html")).toHaveAttribute("lang", "ko");
  await expect(page.getByRole("heading", { name: "목록 시작하기" })).toBeVisible();
  await context.close();
});
