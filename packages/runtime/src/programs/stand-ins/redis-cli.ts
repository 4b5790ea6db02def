// Stands in for redis-cli where only the server is installed: one command, its answer printed as redis-cli does off a terminal.
import { connect } from "node:net";

const options = {
  host: process.env.REDIS_HOST ?? "127.0.0.1",
  port: "6379",
  password: process.env.REDISCLI_AUTH,
  user: undefined as string | undefined,
  database: undefined as string | undefined,
};
const command: string[] = [];
const words = process.argv.slice(2);
for (let word = words.shift(); word !== undefined; word = words.shift()) {
  if (command.length > 0 || !word.startsWith("-")) command.push(word);
  else if (word === "-h") options.host = words.shift() ?? options.host;
  else if (word === "-p") options.port = words.shift() ?? options.port;
  else if (word === "-a" || word === "--pass") options.password = words.shift();
  else if (word === "--user") options.user = words.shift();
  else if (word === "-n") options.database = words.shift();
}

const requests = [
  ...(options.password === undefined ? [] : [["AUTH", ...(options.user === undefined ? [] : [options.user]), options.password]]),
  ...(options.database === undefined ? [] : [["SELECT", options.database]]),
  command.length === 0 ? ["PING"] : command,
];

type Reply = { readonly text: string; readonly isError: boolean };

/** RESP2: a reply and the rest, or undefined when it is not whole yet. */
function readReply(text: string): { reply: Reply; rest: string } | undefined {
  const end = text.indexOf("\r\n");
  if (end < 0) return undefined;
  const [type, head, rest] = [text[0], text.slice(1, end), text.slice(end + 2)];
  if (type === "$") {
    const length = Number(head);
    if (length < 0) return { reply: { text: "", isError: false }, rest };
    return rest.length < length + 2 ? undefined : { reply: { text: rest.slice(0, length), isError: false }, rest: rest.slice(length + 2) };
  }
  if (type !== "*") return { reply: { text: head, isError: type === "-" }, rest };
  const items: string[] = [];
  let left = rest;
  for (let count = Number(head); count > 0; count--) {
    const item = readReply(left);
    if (item === undefined) return undefined;
    items.push(item.reply.text);
    left = item.rest;
  }
  return { reply: { text: items.join("\n"), isError: false }, rest: left };
}

const socket = connect({ host: options.host, port: Number(options.port) });
socket.setTimeout(5_000, () => socket.destroy(new Error("no answer")));
socket.on("error", (error) => {
  console.error(`Could not connect to Redis at ${options.host}:${options.port}: ${error.message}`);
  process.exit(1);
});
for (const words of requests) {
  socket.write(`*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`, "utf8");
}
// Bytes as characters, so that lengths count bytes.
socket.setEncoding("latin1");
let received = "";
let waiting = requests.length;
socket.on("data", (chunk) => {
  received += chunk;
  for (let found = readReply(received); found !== undefined; found = readReply(received)) {
    received = found.rest;
    waiting -= 1;
    const isLast = waiting === 0;
    const text = Buffer.from(found.reply.text, "latin1").toString("utf8");
    if (found.reply.isError && !isLast) console.error(`AUTH failed: ${text}`);
    if (!isLast) continue;
    console.log(text);
    process.exit(found.reply.isError && command.length === 0 ? 1 : 0);
  }
});
