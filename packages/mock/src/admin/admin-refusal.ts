import { Problem } from "@dojang/model";

/** One entry of the `errors` that clients of WireMock read. */
export interface AdminError {
  readonly code: number;
  readonly source?: { readonly pointer?: string };
  readonly title: string;
  readonly detail?: string;
}

/** Ends a call of the admin API with an answer that says why. */
export class AdminRefusal extends Error {
  override readonly name = "AdminRefusal";
  readonly status: number;
  readonly errors: readonly AdminError[];

  constructor(status: number, errors: readonly AdminError[]) {
    super(errors[0]?.title ?? `status ${status}`);
    this.status = status;
    this.errors = errors;
  }
}

/** What went wrong in a handler, as an answer. Anything but a refusal and a Problem is our bug, and says so. */
export function toRefusal(error: unknown): AdminRefusal {
  if (error instanceof AdminRefusal) return error;
  if (error instanceof Problem) return ofProblem(error);
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new AdminRefusal(500, [{ code: 70, title: "a bug in dojang-mock; please report it", detail }]);
}

function ofProblem(problem: Problem): AdminRefusal {
  if (problem.code === "not-recording") return new AdminRefusal(400, [{ code: 30, title: "Not currently recording." }]);
  const status = statuses[problem.code] ?? statusByExit[problem.exit];
  const code = status === 422 ? 10 : 50;
  if (problem.findings.length === 0) return new AdminRefusal(status, [{ code, title: problem.message, detail: problem.fix }]);
  const errors = problem.findings.map(({ place, message, fix }) => {
    const pointer = place.path === undefined ? "/" : pointerOf(place.path);
    if (problem.code === "recording-spec") return { code, source: { pointer }, title: "Error parsing JSON", detail: `${message}; ${fix}` };
    const where = [place.file, place.line].filter((part) => part !== undefined).join(":");
    return { code, source: { pointer }, title: message, detail: `${where}: ${fix}` };
  });
  return new AdminRefusal(status, errors);
}

/** `request.headers.A[0]` as `/request/headers/A/0`. */
function pointerOf(path: string): string {
  return `/${path
    .replace(/\[(\d+)\]/g, ".$1")
    .split(".")
    .join("/")}`;
}

const statuses: Readonly<Record<string, number>> = {
  "stub-breaks-contract": 422,
  "recording-spec": 422,
};

const statusByExit: Readonly<Record<Problem["exit"], number>> = {
  configuration: 422,
  infrastructure: 500,
  refused: 403,
  interrupted: 503,
};
