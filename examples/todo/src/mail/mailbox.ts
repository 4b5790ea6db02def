export interface Message {
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** As it came with the request, so that a test can follow a reminder to its end. */
  readonly traceparent: string | undefined;
  readonly receivedAt: string;
}

const messageLimit = 10_000;

/** Received mails, the newest `messageLimit` of them, in memory. */
export class Mailbox {
  readonly #messages: Message[] = [];
  readonly #byIdempotencyKey = new Map<string, Message>();

  /** The same key again is the same message: it is kept once. */
  accept(message: Message, idempotencyKey: string | undefined): { message: Message; repeated: boolean } {
    const earlier = idempotencyKey === undefined ? undefined : this.#byIdempotencyKey.get(idempotencyKey);
    if (earlier) return { message: earlier, repeated: true };
    this.#messages.push(message);
    if (idempotencyKey !== undefined) this.#byIdempotencyKey.set(idempotencyKey, message);
    if (this.#messages.length > messageLimit) this.#messages.shift();
    const oldestKey = this.#byIdempotencyKey.keys().next().value;
    if (this.#byIdempotencyKey.size > messageLimit && oldestKey !== undefined) this.#byIdempotencyKey.delete(oldestKey);
    return { message, repeated: false };
  }

  list(to: string | undefined): readonly Message[] {
    return to === undefined ? [...this.#messages] : this.#messages.filter((message) => message.to === to);
  }
}
