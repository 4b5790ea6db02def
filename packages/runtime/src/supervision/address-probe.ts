import { request } from "node:http";
import { connect } from "node:net";

export interface ProbeResult {
  readonly passed: boolean;
  /** What was seen, for people: "GET /health -> 503". */
  readonly output: string;
}

export type AddressProbe =
  | { readonly kind: "http"; readonly method: string; readonly path: string; readonly port: number }
  | { readonly kind: "tcp"; readonly port: number };

/** Asks an address whether it is well: any answer below 400, or a connection. Never rejects. */
export function probeAddress(probe: AddressProbe, options: { host: string; timeoutMs: number; signal: AbortSignal }): Promise<ProbeResult> {
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)]);
  return probe.kind === "http" ? probeHttp(probe, options.host, signal) : probeTcp(probe.port, options.host, signal);
}

function probeHttp(probe: Extract<AddressProbe, { kind: "http" }>, host: string, signal: AbortSignal): Promise<ProbeResult> {
  const what = `${probe.method} ${probe.path} on port ${probe.port}`;
  return new Promise((resolve) => {
    const asked = request({ host, port: probe.port, method: probe.method, path: probe.path, signal, agent: false });
    asked.on("response", (response) => {
      // The body is not needed, but a server should not see its answer cut off.
      response.resume();
      response.on("error", () => {});
      const status = response.statusCode ?? 0;
      resolve({ passed: status >= 200 && status < 400, output: `${what} -> ${status}` });
    });
    asked.on("error", (error) => resolve({ passed: false, output: `${what}: ${describe(error, signal)}` }));
    asked.end();
  });
}

function probeTcp(port: number, host: string, signal: AbortSignal): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal });
    const finish = (result: ProbeResult) => {
      socket.destroy();
      resolve(result);
    };
    socket.once("connect", () => finish({ passed: true, output: `port ${port} accepts connections` }));
    socket.once("error", (error) => finish({ passed: false, output: `port ${port}: ${describe(error, signal)}` }));
  });
}

function describe(error: NodeJS.ErrnoException, signal: AbortSignal): string {
  return signal.aborted ? "no answer in time" : (error.code ?? error.message);
}
