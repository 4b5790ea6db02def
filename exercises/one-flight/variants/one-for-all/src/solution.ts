export function oneFlight<Key, Value>(load: (key: Key) => Promise<Value>): (key: Key) => Promise<Value> {
  let flight: Promise<Value> | undefined;
  return (key) => {
    flight ??= new Promise<Value>((resolve) => resolve(load(key))).finally(() => {
      flight = undefined;
    });
    return flight;
  };
}
