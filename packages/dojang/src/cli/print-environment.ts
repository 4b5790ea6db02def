import type { EnvironmentStatus } from "@dojang/runtime";
import type { PublishedPort } from "../environments/port-keeper.ts";

export interface PrintEnvironmentOptions {
  readonly status: EnvironmentStatus;
  readonly ports: readonly PublishedPort[];
  readonly json: boolean;
}

/** An environment's services, what they run as, and where they are reached from this machine. */
export function printEnvironment({ status, ports, json }: PrintEnvironmentOptions): void {
  if (json) {
    process.stdout.write(`${JSON.stringify({ ...status, published: ports })}\n`);
    return;
  }
  const rows = status.services.map((service) => [
    service.name,
    service.state,
    ports
      .filter((port) => port.service === service.name)
      .map((port) => `http://127.0.0.1:${port.host} (${port.container})`)
      .join(" "),
    service.program,
  ]);
  process.stdout.write(`${status.id}\n${table(rows)}`);
}

/** Columns as wide as their widest cell. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>((widest, row) => row.map((cell, column) => Math.max(cell.length, widest[column] ?? 0)), []);
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .map((line) => `  ${line}\n`)
    .join("");
}
