/** What the process gives to every command. */
export interface CommandContext {
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
}
