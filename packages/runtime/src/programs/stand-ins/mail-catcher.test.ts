import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, test } from "vitest";

const running: ChildProcess[] = [];
afterEach(async () => {
  for (const child of running.splice(0)) {
    child.kill();
    await once(child, "exit");
  }
});

describe("the mail catcher", () => {
  test("takes a mail and tells it as MailHog, Mailpit and MailDev do", async () => {
    const catcher = await start("mailhog");
    expect(await send(catcher.smtp, message)).toEqual(["220", "250", "250", "250", "354", "250", "221"]);
    const hog = await ask(catcher.http, "/api/v2/messages");
    expect(hog).toMatchObject({ total: 1, items: [{ Raw: { From: "shop@example.com", To: ["ann@example.com"] } }] });
    expect(hog.items[0].Content.Headers.Subject).toEqual(["=?UTF-8?Q?Gr=C3=BC=C3=9Fe?="]);
    const [dev] = await ask(catcher.http, "/email");
    expect(dev).toMatchObject({ subject: "Grüße", to: [{ name: "Ann", address: "ann@example.com" }], html: "<a href=x>café</a>\r\n" });
    expect(dev.text).toContain(".a line that begins with a dot");
    const pit = await start("mailpit");
    await send(pit.smtp, message);
    const { messages } = await ask(pit.http, "/api/v1/messages");
    expect(messages).toMatchObject([{ Subject: "Grüße", From: { Name: "", Address: "shop@example.com" } }]);
    expect(await ask(pit.http, `/api/v1/message/${messages[0].ID}`)).toMatchObject({ HTML: "<a href=x>café</a>\r\n" });
  });

  test("forgets what it is told to forget", async () => {
    const catcher = await start("maildev");
    await send(catcher.smtp, message);
    await send(catcher.smtp, message);
    const [one] = await ask(catcher.http, "/email");
    await fetch(`http://127.0.0.1:${catcher.http}/email/${one.id}`, { method: "DELETE" });
    expect(await ask(catcher.http, "/email")).toHaveLength(1);
    await fetch(`http://127.0.0.1:${catcher.http}/email/all`, { method: "DELETE" });
    expect(await ask(catcher.http, "/email")).toEqual([]);
    expect((await fetch(`http://127.0.0.1:${catcher.http}/email/gone`)).status).toBe(404);
  });
});

const message = [
  "From: shop@example.com",
  'To: "Ann" <ann@example.com>',
  "Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=",
  'Content-Type: multipart/alternative; boundary="b"',
  "",
  "--b",
  "Content-Type: text/plain",
  "",
  "..a line that begins with a dot",
  "--b",
  "Content-Type: text/html; charset=utf-8",
  "Content-Transfer-Encoding: quoted-printable",
  "",
  "<a href=3Dx>caf=C3=",
  "=A9</a>",
  "",
  "--b--",
];

async function start(dialect: string): Promise<{ smtp: number; http: number }> {
  const [smtp, http] = [await freePort(), await freePort()];
  const script = join(import.meta.dirname, "mail-catcher.ts");
  running.push(spawn(process.execPath, [script, dialect, "127.0.0.1", String(smtp), String(http)], { stdio: "ignore" }));
  for (const until = Date.now() + 10_000; Date.now() < until; ) {
    const up = await Promise.all([answers(smtp), answers(http)]);
    if (up.every(Boolean)) return { smtp, http };
  }
  return expect.fail("the mail catcher does not listen");
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => resolve(socket.destroy() !== undefined));
    socket.once("error", () => resolve(false));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  return typeof address === "object" && address !== null ? address.port : expect.fail("no port");
}

/** The numbers it answers with, line by line. */
async function send(port: number, lines: readonly string[]): Promise<string[]> {
  const socket = connect({ host: "127.0.0.1", port });
  const said: string[] = [];
  const commands = ["EHLO me", "MAIL FROM:<shop@example.com>", "RCPT TO:<ann@example.com>", "DATA", [...lines, "."].join("\r\n"), "QUIT"];
  for await (const line of createInterface({ input: socket })) {
    if (line[3] === "-") continue;
    said.push(line.slice(0, 3));
    const next = commands.shift();
    if (next !== undefined) socket.write(`${next}\r\n`);
  }
  return said;
}

// biome-ignore lint/suspicious/noExplicitAny: answers of three APIs, whose parts the tests name.
async function ask(port: number, path: string): Promise<any> {
  return (await fetch(`http://127.0.0.1:${port}${path}`)).json();
}
