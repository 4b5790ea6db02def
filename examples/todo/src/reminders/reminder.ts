/** A mail somebody asked for: about an item, to an address, at a time. Its id is the idempotency key of the mail. */
export interface Reminder {
  readonly id: string;
  readonly email: string;
  readonly dueAt: Date;
  /** W3C Trace Context of the request that asked for it. */
  readonly traceparent: string;
}

/** A reminder in a worker's hand, with what the mail says. */
export interface ClaimedReminder extends Reminder {
  readonly attempts: number;
  readonly listId: string;
  readonly listTitle: string;
  readonly itemTitle: string;
}
