// Stands in for `nc -z HOST PORT`, with which scripts wait for a port.
import { connect } from "node:net";

const words = process.argv.slice(2);
const seconds = words.find((_word, index) => words[index - 1] === "-w");
const [host = "", port = ""] = words.filter((word, index) => !word.startsWith("-") && words[index - 1] !== "-w");
if (!words.some((word) => /^-\w*z/.test(word))) {
  console.error("this stand-in for nc only knows -z; install netcat-openbsd");
  process.exit(2);
}
const socket = connect({ host, port: Number(port), timeout: Number(seconds ?? 5) * 1_000 });
socket.once("connect", () => process.exit(0));
socket.once("timeout", () => process.exit(1));
socket.once("error", () => process.exit(1));
