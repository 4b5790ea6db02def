import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { createServer as createListener } from "node:net";
import { dojangFile, type WatchPlan } from "@dojang/model";

/** A plan as dojang.yml would say it. */
export function readWatchPlan(definition: Readonly<Record<string, unknown>>): WatchPlan {
  const file = dojangFile.parse({
    version: 1,
    environments: { production: { watch: definition } },
    jobs: { test: { steps: [{ run: "true" }] } },
  });
  const plan = file.environments.production?.watch;
  if (plan === undefined) throw new Error("the file has no plan");
  return plan;
}

export interface Receiver {
  readonly url: string;
  readonly received: { readonly headers: IncomingMessage["headers"]; readonly body: Record<string, unknown> }[];
  /** What it answers from now on. */
  status: number;
  close(): void;
}

/** A webhook's other end. */
export async function openReceiver(): Promise<Receiver> {
  const received: Receiver["received"] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk) => {
      text += chunk;
    });
    request.on("end", () => {
      received.push({ headers: request.headers, body: JSON.parse(text) });
      response.writeHead(receiver.status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const receiver: Receiver = {
    // A server that listens on TCP has an address of this kind.
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook/secret`,
    received,
    status: 200,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return receiver;
}

export interface MailServer {
  readonly port: number;
  /** Whole messages with their headers. */
  readonly mails: string[];
  readonly recipients: string[];
  close(): void;
}

/** As much of RFC 5321 as takes a mail; `refuses` says no to every recipient. */
export async function openMailServer(options: { readonly refuses?: boolean } = {}): Promise<MailServer> {
  const mails: string[] = [];
  const recipients: string[] = [];
  const sockets = new Set<Socket>();
  const server = createListener((socket) => {
    sockets.add(socket);
    let rest = "";
    let isMail = false;
    const say = (line: string) => socket.write(`${line}\r\n`);
    say("220 test");
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk) => {
      rest += chunk;
      for (;;) {
        const end = rest.indexOf(isMail ? "\r\n.\r\n" : "\r\n");
        if (end === -1) return;
        const text = rest.slice(0, end);
        rest = rest.slice(end + (isMail ? 5 : 2));
        if (isMail) {
          mails.push(text);
          isMail = false;
          say("250 taken");
          continue;
        }
        const command = text.slice(0, 4).toUpperCase();
        if (command === "RCPT" && options.refuses === true) say("550 no such user");
        else if (command === "DATA") {
          isMail = true;
          say("354 go on");
        } else if (command === "QUIT") socket.end("221 bye\r\n");
        else {
          if (command === "RCPT") recipients.push(/<(.+)>/.exec(text)?.[1] ?? "");
          say("250 ok");
        }
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    // A server that listens on TCP has an address of this kind.
    port: (server.address() as AddressInfo).port,
    mails,
    recipients,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
