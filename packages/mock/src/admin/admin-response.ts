import type { Header } from "@dojang/model";

/** An answer of the admin API. Sent whole; without a body it has neither Content-Type nor body. */
export interface AdminResponse {
  readonly status: number;
  readonly headers: readonly Header[];
  readonly body: Buffer;
}
