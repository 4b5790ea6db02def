import { connect } from "node:net";
import { basename, join } from "node:path";
import { type AskedHost, type EgressRules, openEgressGate } from "./egress-gate.ts";
import type { AgentRequest } from "./pod-plan.ts";

/**
 * The way out of an environment that outlives its starter: run outside the pod by its launcher, as the guests' user, in
 * the folder of its socket. It tells the agent of every host asked for, and ends when the launcher does.
 */
const [rulesText = "{}", socketPath = "egress.sock", controlPath = "control.sock"] = process.argv.slice(2);
const rules: EgressRules = JSON.parse(rulesText);
const launcher = process.ppid;
const lookEveryMs = 500;

function tellAgent(asked: AskedHost): void {
  const request: AgentRequest = { op: "asked", asked };
  const socket = connect(controlPath);
  // Who asks goes on all the same; only the record of it is lost.
  socket.on("error", () => {});
  socket.end(`${JSON.stringify(request)}\n`);
  socket.resume();
}

// Short names: the folder may lie deeper than the address of a socket can say.
await openEgressGate(basename(join("/", socketPath)), rules, tellAgent);
setInterval(() => {
  if (process.ppid !== launcher) process.exit(0);
}, lookEveryMs);
