export function oneFlight<Key, Value>(load: (key: Key) => Promise<Value>) {
  const waiting: { key: Key; result: Promise<Value> }[] = [];

  async function start(key: Key): Promise<Value> {
    try {
      return await load(key);
    } finally {
      waiting.splice(
        waiting.findIndex((one) => Object.is(one.key, key)),
        1,
      );
    }
  }

  return async function ask(key: Key): Promise<Value> {
    let entry = waiting.find((one) => Object.is(one.key, key));
    if (!entry) {
      let begin = () => {};
      const gate = new Promise<void>((resolve) => (begin = resolve));
      entry = { key, result: gate.then(() => start(key)) };
      waiting.push(entry);
      begin();
    }
    return entry.result;
  };
}
