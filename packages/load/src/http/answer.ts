/** An answer as sessions, captures and checks see it, whichever protocol brought it. */
export interface Answer {
  readonly status: number;
  readonly bodyBytes: number;
  /** The status line and headers, one a line; empty unless the request keeps its answers. */
  readonly headText: string;
  readonly body: Buffer;
}
