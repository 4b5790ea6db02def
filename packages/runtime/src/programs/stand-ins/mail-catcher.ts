// Stands in for MailHog, Mailpit and MailDev: takes every mail by SMTP (RFC 5321), delivers none, and shows them by HTTP.
// Arguments: dialect, host, SMTP port, HTTP port.
import { randomUUID } from "node:crypto";
import { createServer as createHttpServer } from "node:http";
import { createServer, type Socket } from "node:net";
import { answerInbox, type MailDialect } from "./mail-inbox.ts";
import { type MailMessage, readMessage } from "./mail-message.ts";

const [dialect = "mailhog", host = "0.0.0.0", smtpPort = "1025", httpPort = "8025"] = process.argv.slice(2);
const mostMessages = 1_000;
const mostBytes = 32 * 1024 * 1024;
const messages: MailMessage[] = [];

function keep(message: MailMessage): void {
  messages.push(message);
  if (messages.length > mostMessages) messages.shift();
  process.stdout.write(`mail from ${message.from} to ${message.to.join(", ")}: ${message.subject}\n`);
}

function clear(id?: string): void {
  const at = id === undefined ? 0 : messages.findIndex((one) => one.id === id);
  if (at >= 0) messages.splice(at, id === undefined ? messages.length : 1);
}

function serveSmtp(socket: Socket): void {
  let pending = "";
  let from = "";
  let to: string[] = [];
  let data: string | undefined;
  let credentials = 0;
  const say = (line: string) => socket.write(`${line}\r\n`);
  const begin = () => {
    from = "";
    to = [];
  };
  const command = (line: string) => {
    if (credentials > 0) {
      credentials--;
      return say(credentials > 0 ? "334 UGFzc3dvcmQ6" : "235 2.7.0 accepted");
    }
    const [verb = ""] = line.toUpperCase().split(/[ :]/);
    if (verb === "EHLO") return say("250-dojang\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-PIPELINING\r\n250 AUTH PLAIN LOGIN");
    if (verb === "QUIT") return socket.end("221 2.0.0 bye\r\n");
    if (verb === "DATA") {
      data = "";
      return say("354 end with .");
    }
    if (verb === "AUTH") {
      // Whatever is sent is accepted, with the mechanism's own number of lines.
      credentials = /^AUTH LOGIN\s*$/i.test(line) ? 2 : /^AUTH (LOGIN|PLAIN)\s+\S/i.test(line) && !/LOGIN/i.test(line) ? 0 : 1;
      return say(credentials === 0 ? "235 2.7.0 accepted" : credentials === 2 ? "334 VXNlcm5hbWU6" : "334 ");
    }
    if (verb === "MAIL") {
      begin();
      from = pathOf(line);
    } else if (verb === "RCPT") to.push(pathOf(line));
    else if (verb === "RSET") begin();
    else if (!/^(HELO|NOOP|VRFY)$/.test(verb)) return say("502 5.5.1 not known here");
    return say("250 2.0.0 ok");
  };
  const content = (line: string) => {
    if (line !== ".") {
      data = `${data}${line.startsWith(".") ? line.slice(1) : line}\r\n`;
      if ((data?.length ?? 0) > mostBytes) socket.destroy();
      return;
    }
    keep(readMessage({ id: randomUUID(), from, to, raw: data ?? "" }));
    data = undefined;
    begin();
    say("250 2.0.0 kept");
  };
  socket.setEncoding("latin1");
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk: string) => {
    pending += chunk;
    for (let end = pending.indexOf("\n"); end >= 0; end = pending.indexOf("\n")) {
      const line = pending.slice(0, end).replace(/\r$/, "");
      pending = pending.slice(end + 1);
      if (data === undefined) command(line);
      else content(line);
    }
    if (pending.length > mostBytes) socket.destroy();
  });
  say("220 dojang mail catcher");
}

function pathOf(line: string): string {
  return /<([^>]*)>/.exec(line)?.[1] ?? line.split(":")[1]?.trim() ?? "";
}

const web = createHttpServer((request, response) => {
  request.resume();
  // The dialect is one of three that resolve-program.ts gives.
  const inbox = { dialect: dialect as MailDialect, messages, clear };
  const { status, body } = answerInbox({ method: request.method ?? "GET", url: request.url ?? "/" }, inbox);
  const isText = typeof body === "string";
  response.writeHead(status, { "content-type": isText ? "text/plain" : "application/json" });
  response.end(isText ? body : JSON.stringify(body));
});
const smtp = createServer(serveSmtp);
smtp.listen(Number(smtpPort), host);
web.listen(Number(httpPort), host);
process.on("SIGTERM", () => process.exit(0));
