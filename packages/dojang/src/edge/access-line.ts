/** One request as nginx logged it. */
export interface AccessLine {
  readonly at: number;
  readonly site: string;
  readonly slot: number;
  readonly service: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly durationMs: number;
  readonly requestId: string;
  /** False for what nginx answered by itself: files, redirects, limits, maintenance, and services it could not reach. */
  readonly isService: boolean;
}

/** Undefined for what is no whole line of ours: nginx may be cut off in the middle of one. */
export function parseAccessLine(text: string): AccessLine | undefined {
  const fields = readObject(text);
  if (fields === undefined) return undefined;
  const [at, seconds, status, slot] = [fields.at, fields.seconds, fields.status, fields.slot].map(Number);
  if (at === undefined || seconds === undefined || status === undefined || slot === undefined) return undefined;
  if (![at, seconds, status, slot].every(Number.isFinite) || typeof fields.site !== "string") return undefined;
  const textOf = (value: unknown) => (typeof value === "string" ? value : "");
  return {
    at: Math.round(at * 1000),
    site: fields.site,
    slot,
    service: textOf(fields.service),
    method: textOf(fields.method),
    path: textOf(fields.path),
    status,
    durationMs: seconds * 1000,
    requestId: textOf(fields.id),
    isService: textOf(fields.upstream) !== "",
  };
}

function readObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const read: unknown = JSON.parse(text);
    return typeof read === "object" && read !== null ? { ...read } : undefined;
  } catch {
    return undefined;
  }
}
