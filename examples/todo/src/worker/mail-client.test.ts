import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createMailApplication } from "../mail/mail-application.ts";
import { createLogger } from "../telemetry/logger.ts";
import { createMailClient } from "./mail-client.ts";

const app = () => createMailApplication(createLogger({ service: "mail", level: "fatal" }));
const mail = { to: "edith@example.com", subject: "Reminder", text: "Buy milk" };

describe("the mail client", () => {
  let server: ReturnType<typeof app>;
  let url: string;
  beforeEach(async () => {
    server = app();
    url = await server.listen({ host: "127.0.0.1", port: 0 });
  });
  afterEach(() => server.close());

  test("hands a mail over once, however often it is repeated", async () => {
    const client = createMailClient(url);

    expect(await client.send(mail, "key")).toEqual({ kind: "sent" });
    expect(await client.send(mail, "key")).toEqual({ kind: "sent" });

    const { messages } = (await server.inject("/messages?to=edith@example.com")).json();
    expect(messages).toHaveLength(1);
  });

  test("tells what may succeed later from what never will", async () => {
    const client = createMailClient(url);

    expect(await client.send({ ...mail, to: "edith@flaky.example" }, "a")).toMatchObject({
      kind: "later",
      reason: expect.stringMatching(/^503/),
    });
    expect(await client.send({ ...mail, to: "nobody" }, "b")).toMatchObject({ kind: "refused", reason: expect.stringMatching(/^400/) });
  });

  test("a mail system that is not there gets it later, and the reason is named", async () => {
    await server.close();

    expect(await createMailClient(url).send(mail, "key")).toMatchObject({ kind: "later", reason: expect.stringContaining("ECONNREFUSED") });
  });
});
