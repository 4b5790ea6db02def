import { randomUUID } from "node:crypto";

export const apiUrl = process.env.API_URL ?? "http://api:8000";
export const webUrl = process.env.WEB_URL ?? "http://web:3000";
export const mailUrl = process.env.MAIL_URL ?? "http://mail:8025";

export interface Answer<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

export interface CallOptions {
  readonly body?: unknown;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request to the API, its answer as it came: a refusal is an answer too. */
export async function call<Body = unknown>(
  request: `${string} /${string}`,
  { body, token, headers }: CallOptions = {},
): Promise<Answer<Body>> {
  const [method = "GET", path = "/"] = request.split(" ");
  const response = await fetch(`${apiUrl}${path}`, {
    method,
    headers: {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const text = await response.text();
  // The tests state what the body must be; a wrong shape fails their expectations.
  return { status: response.status, headers: response.headers, body: (text === "" ? undefined : JSON.parse(text)) as Body };
}

export interface List {
  readonly id: string;
  readonly title: string;
  readonly owned: boolean;
  readonly mine: boolean;
  readonly items: readonly { id: string; title: string; done: boolean; reminder: { at: string; state: string } | null }[];
}

export async function startList(items: readonly string[], token?: string): Promise<List> {
  const answer = await call<List>("POST /lists", { body: { items }, ...(token === undefined ? {} : { token }) });
  if (answer.status !== 201) throw new Error(`POST /lists answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

export function newAddress(domain = "example.com"): string {
  return `user-${randomUUID()}@${domain}`;
}

export async function signUp(email = newAddress()): Promise<{ email: string; password: string; token: string }> {
  const password = "correct horse battery";
  const answer = await call<{ token: string }>("POST /accounts", { body: { email, password } });
  if (answer.status !== 201) throw new Error(`POST /accounts answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return { email, password, token: answer.body.token };
}
