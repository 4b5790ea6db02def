import { pbkdf2Sync } from "node:crypto";
import { createServer } from "node:http";

/**
 * `node work-server.ts ROUNDS`: answers after so many rounds of work, in one thread. Prints its port. The work is one native call: a
 * loop in JavaScript was compiled differently from process to process, by more than what is to be measured.
 */
const rounds = Number(process.argv[2]);

const server = createServer((_request, response) => {
  response.end(pbkdf2Sync("password", "salt", rounds, 32, "sha256"));
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  console.log(typeof address === "object" ? address?.port : address);
});
