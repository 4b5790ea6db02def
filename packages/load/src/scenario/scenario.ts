/**
 * What the traffic asks. Flows are chosen by weight; the requests of a flow go one after the other in one session (cookies,
 * captured values). The rate counts requests: each arrival is the next request of a session that is ready, else a new session begins.
 * Templates are `${name}` in URL, headers and bodies: captured values, columns of data files, variables, and `${random.uuid}`,
 * `${random.int(1,100)}`, `${counter}`, `${now}`.
 */
export interface Scenario {
  readonly name: string;
  /** Address of the server when nobody else says it. */
  readonly target?: string;
  readonly flows: readonly Flow[];
  /** Sent with every request, in this order. */
  readonly headers: readonly HeaderTemplate[];
  readonly variables: Readonly<Record<string, string>>;
  readonly data: readonly DataSet[];
  /** A program for what data cannot say, instead of flows: absolute path of a module whose default export is a `Visit`. */
  readonly module?: string;
}

/** Names of the requests of all flows, each once: requests of one name are counted as one. Samples name them by their place here. */
export function requestNames({ flows }: Pick<Scenario, "flows">): readonly string[] {
  return [...new Set(flows.flatMap((flow) => flow.requests.map((request) => request.name)))];
}

/** What a script asked is known only afterwards: a result's plan names it as if it had been written down. */
export function withNames<Plan extends { readonly scenario: Scenario }>(plan: Plan, names: readonly string[]): Plan {
  const { module, name } = plan.scenario;
  if (module === undefined) return plan;
  const requests = names.map((each): RequestTemplate => ({ name: each, method: "GET", url: "/", headers: [], captures: [], checks: [] }));
  return { ...plan, scenario: { ...plan.scenario, flows: requests.length === 0 ? [] : [{ name, weight: 1, requests }] } };
}

export interface Flow {
  readonly name: string;
  readonly weight: number;
  readonly requests: readonly RequestTemplate[];
}

export interface RequestTemplate {
  /** Shown in reports and named by objectives: `POST /todos`. */
  readonly name: string;
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: readonly HeaderTemplate[];
  readonly body?: string;
  readonly captures: readonly Capture[];
  readonly checks: readonly Check[];
  /** Before this request, after the answer to the one before it; uniform between both. */
  readonly thinkMs?: readonly [number, number];
  /** Not a request of its own but a step of a WebSocket: `url` names it, `body` is the text that is sent, `checks` what is waited for. */
  readonly socket?: SocketStep;
}

/** `ends`: the last of its WebSocket, which is closed after it. */
export type SocketStep =
  | { readonly kind: "connect"; readonly protocols: readonly string[]; readonly ends: boolean }
  | { readonly kind: "message"; readonly sends: boolean; readonly waits: boolean; readonly withinMs?: number; readonly ends: boolean }
  | { readonly kind: "close"; readonly ends: true };

export interface HeaderTemplate {
  readonly name: string;
  readonly value: string;
}

export interface Capture {
  readonly as: string;
  readonly from:
    | { readonly json: string }
    | { readonly header: string }
    | { readonly cookie: string }
    | { readonly regex: string }
    | { readonly status: true };
}

export type Check =
  | { readonly kind: "status"; readonly oneOf: readonly number[] }
  | { readonly kind: "body-contains"; readonly text: string }
  | { readonly kind: "json"; readonly path: string; readonly equals: unknown }
  | { readonly kind: "header"; readonly name: string; readonly contains: string };

export interface DataSet {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Each session takes the next row, or a random one. */
  readonly order: "next" | "random";
}
