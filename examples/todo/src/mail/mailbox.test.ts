import { expect, test } from "vitest";
import { Mailbox } from "./mailbox.ts";

const message = (id: string, to: string) => ({
  id,
  to,
  subject: "s",
  text: "t",
  traceparent: undefined,
  receivedAt: "2030-01-01T00:00:00Z",
});

test("a mail with the same key is kept once, and the first one is answered", () => {
  const mailbox = new Mailbox();

  mailbox.accept(message("1", "a@example.com"), "key");
  const again = mailbox.accept(message("2", "a@example.com"), "key");

  expect(again).toMatchObject({ repeated: true, message: { id: "1" } });
  expect(mailbox.list(undefined)).toHaveLength(1);
});

test("mails are listed by the address they went to", () => {
  const mailbox = new Mailbox();
  mailbox.accept(message("1", "a@example.com"), undefined);
  mailbox.accept(message("2", "b@example.com"), undefined);

  expect(mailbox.list("b@example.com").map(({ id }) => id)).toEqual(["2"]);
  expect(mailbox.list("c@example.com")).toEqual([]);
});
