/**
 * What was made of the last text: a thousand stubs ask for the same body's JSON. A WeakRef's target lives to the end of the current
 * turn of the event loop at least, which is as long as one request is matched, and is collected after it: nothing has to be cleared.
 */
export class LastParsed<Value> {
  readonly #parse: (text: string) => Value;
  #last: WeakRef<{ readonly text: string; readonly value: Value }> | undefined;

  constructor(parse: (text: string) => Value) {
    this.#parse = parse;
  }

  of(text: string): Value {
    const last = this.#last?.deref();
    if (last?.text === text) return last.value;
    const value = this.#parse(text);
    this.#last = new WeakRef({ text, value });
    return value;
  }
}
