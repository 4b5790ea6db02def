import { hash } from "node:crypto";
import { createServer } from "node:http";

/** `node work-server.ts ROUNDS`: answers after so many rounds of work, in one thread. Prints its port. */
const rounds = Number(process.argv[2]);
const text = "x".repeat(64);

const server = createServer((_request, response) => {
  let digest = text;
  for (let round = 0; round < rounds; round++) digest = hash("sha256", digest);
  response.end(digest);
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  console.log(typeof address === "object" ? address?.port : address);
});
