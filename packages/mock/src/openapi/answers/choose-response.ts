import { declaredResponse } from "../messages/judge-response.ts";
import type { DeclaredResponse, Operation } from "../reading/operation.ts";

export interface ChosenResponse {
  readonly status: number;
  readonly declared: DeclaredResponse;
}

/** The response for a status that is asked for; undefined when nothing declares it. */
export function responseFor(operation: Operation, status: number): ChosenResponse | undefined {
  const declared = declaredResponse(operation, status);
  return declared === undefined ? undefined : { status, declared };
}

/** What an operation answers when all is well: the lowest 2xx, else `default`, else the lowest that is declared. */
export function usualResponse(operation: Operation): ChosenResponse | undefined {
  const byStatus = operation.responses
    .filter(({ code }) => code !== "default")
    .map((declared) => ({ status: statusOf(declared.code), declared, exact: !declared.code.endsWith("XX") }))
    .sort((left, right) => left.status - right.status || Number(right.exact) - Number(left.exact));
  const good = byStatus.filter(({ status }) => status >= 200 && status < 300);
  const chosen = good.find(({ exact }) => exact) ?? good[0];
  if (chosen !== undefined) return chosen;
  const standard = operation.responses.find(({ code }) => code === "default");
  return standard === undefined ? byStatus[0] : { status: 200, declared: standard };
}

function statusOf(code: string): number {
  return Number(code.replace("XX", "00"));
}
