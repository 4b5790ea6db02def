import { normaliseIdentity, type TestIdentity, type TestStatus, testAttemptId, testId } from "@dojang/model";

/**
 * Which test asked. Three sources, the most exact first:
 * 1. the identity the request itself carries (`x-dojang-test`, or the user name of the proxy's credentials), set in the test's own process;
 * 2. the test that is live on the lane the request came in by, from begin and end events;
 * 3. nothing: the request belongs to the step.
 * A request is attributed when its head has been read, so one that is answered after its test ended stays with that test.
 */
export interface LiveTestEvent {
  readonly kind: "begin" | "end";
  /** The attempt's id. A begin may be told twice for one attempt; the earlier `at` counts. */
  readonly id: string;
  readonly testId: string;
  readonly identity: TestIdentity;
  readonly attempt: number;
  readonly lane: number;
  readonly at: number;
  readonly status?: TestStatus;
}

export interface LiveTest {
  readonly id: string;
  readonly testId: string;
  readonly identity: TestIdentity;
  readonly attempt: number;
}

/** As the preloads send it: files absolute or relative, titles as written. */
export interface TestClaim {
  readonly file: string;
  readonly titlePath: readonly string[];
  readonly project?: string | null;
  readonly attempt?: number;
}

export interface AttributionOptions {
  /** Where steps see the workspace; cut from the files of tests. */
  readonly workspace: string | undefined;
  readonly onEvent: (event: LiveTestEvent) => void;
  readonly now: () => number;
}

const maxRemembered = 50_000;

export class Attribution {
  readonly #options: AttributionOptions;
  /** Per lane, the live tests in order of begin; the last one is current. */
  readonly #live = new Map<number, LiveTest[]>();
  readonly #byToken = new Map<string, LiveTest>();
  readonly #announced = new Set<string>();

  constructor(options: AttributionOptions) {
    this.#options = options;
  }

  begin(lane: number, claim: TestClaim, at: number): LiveTest {
    const test = this.#resolve(claim);
    const live = (this.#live.get(lane) ?? []).filter(({ id }) => id !== test.id);
    this.#live.set(lane, [...live.slice(-63), test]);
    this.#announce(test, lane, at);
    return test;
  }

  end(lane: number, claim: TestClaim, at: number, status?: TestStatus): LiveTest {
    const test = this.#resolve(claim);
    if (!this.#announced.has(test.id)) this.#announce(test, lane, at);
    this.#live.set(
      lane,
      (this.#live.get(lane) ?? []).filter(({ id }) => id !== test.id),
    );
    this.#options.onEvent({ kind: "end", ...test, lane, at, ...(status === undefined ? {} : { status }) });
    return test;
  }

  /** The worker that announced these tests is gone; without this its last test would claim whatever the lane's next user asks. */
  abandon(lane: number, ids: Iterable<string>): void {
    const gone = new Set(ids);
    this.#live.set(
      lane,
      (this.#live.get(lane) ?? []).filter(({ id }) => !gone.has(id)),
    );
  }

  /** The attempt a request belongs to; `token` is what it carried, if anything. */
  attemptOf(lane: number, token: string | undefined): string | undefined {
    const carried = token === undefined ? undefined : this.#fromToken(lane, token);
    return (carried ?? this.#live.get(lane)?.at(-1))?.id;
  }

  #fromToken(lane: number, token: string): LiveTest | undefined {
    const known = this.#byToken.get(token);
    if (known) return known;
    const claim = readToken(token);
    if (claim === undefined) return undefined;
    const test = this.#resolve(claim);
    forgetOldest(this.#byToken, maxRemembered);
    this.#byToken.set(token, test);
    if (!this.#announced.has(test.id)) this.#announce(test, lane, this.#options.now());
    return test;
  }

  #announce(test: LiveTest, lane: number, at: number): void {
    forgetOldest(this.#announced, maxRemembered);
    this.#announced.add(test.id);
    this.#options.onEvent({ kind: "begin", ...test, lane, at });
  }

  #resolve(claim: TestClaim): LiveTest {
    const { file, titlePath, project } = claim;
    const identity = normaliseIdentity({ file, titlePath, ...(project ? { project } : {}) }, this.#options.workspace);
    const id = testId(identity);
    const attempt = claim.attempt ?? 1;
    return { id: testAttemptId(id, attempt), testId: id, identity, attempt };
  }
}

/** `v1.` + base64url of `[file, titlePath, project | null, attempt]`; undefined for anything else. */
export function readToken(token: string): TestClaim | undefined {
  if (!token.startsWith("v1.") || token.length > 16_384) return undefined;
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token.slice(3), "base64url").toString("utf8"));
    if (!Array.isArray(parsed)) return undefined;
    const [file, titlePath, project, attempt] = parsed;
    if (typeof file !== "string" || !Array.isArray(titlePath) || !titlePath.every((title) => typeof title === "string")) return undefined;
    return {
      file,
      titlePath,
      project: typeof project === "string" ? project : null,
      attempt: Number.isInteger(attempt) && attempt > 0 ? attempt : 1,
    };
  } catch {
    return undefined;
  }
}

function forgetOldest(remembered: Map<string, unknown> | Set<string>, limit: number): void {
  if (remembered.size < limit) return;
  for (const key of remembered.keys()) {
    remembered.delete(key);
    return;
  }
}
