export interface ItemReminder {
  readonly at: string;
  readonly state: "waiting" | "sending" | "sent" | "refused";
}

export interface Item {
  readonly id: string;
  readonly title: string;
  readonly done: boolean;
  readonly reminder: ItemReminder | null;
}

export interface List {
  readonly id: string;
  readonly title: string;
  readonly owned: boolean;
  readonly mine: boolean;
  readonly items: readonly Item[];
}

export interface ListSummary {
  readonly id: string;
  readonly title: string;
  readonly open: number;
  readonly total: number;
}

export interface Account {
  readonly id: string;
  readonly email: string;
}

/** The API said no; `code` is its word for why. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string) {
    super(`${status} ${code}`);
    this.status = status;
    this.code = code;
  }
}

const attempts = 2;

/** Every request may be repeated: changes carry an Idempotency-Key, so a lost answer costs nothing. */
export async function callApi<Answer>(method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: unknown): Promise<Answer> {
  const headers: Record<string, string> = {};
  if (body !== undefined) headers["content-type"] = "application/json";
  if (method === "POST") headers["idempotency-key"] = randomKey();
  const request = () => fetch(`/api${path}`, { method, headers, body: body === undefined ? null : JSON.stringify(body) });
  for (let attempt = 1; ; attempt++) {
    const response = await request().catch((error: unknown) => {
      if (attempt >= attempts) throw error;
      return undefined;
    });
    if (!response || (response.status >= 502 && attempt < attempts)) continue;
    if (!response.ok) throw new ApiError(response.status, await errorCode(response));
    // The API's answers have the shapes above; the integration tests hold it to them.
    return (response.status === 204 ? undefined : await response.json()) as Answer;
  }
}

async function errorCode(response: Response): Promise<string> {
  const body: unknown = await response.json().catch(() => undefined);
  const error = typeof body === "object" && body !== null && "error" in body ? body.error : undefined;
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "internal";
}

/** crypto.randomUUID is there on https pages only. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
