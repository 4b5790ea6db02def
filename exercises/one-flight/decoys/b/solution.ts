type Waiter<Value> = { resolve: (value: Value) => void; reject: (error: unknown) => void };

export const oneFlight = <Key, Value>(load: (key: Key) => Promise<Value>) => {
  const waiters = new Map<Key, Waiter<Value>[]>();
  const end = (key: Key, how: (waiter: Waiter<Value>) => void) => {
    const all = waiters.get(key) ?? [];
    waiters.delete(key);
    all.forEach(how);
  };
  return (key: Key) =>
    new Promise<Value>((resolve, reject) => {
      const others = waiters.get(key);
      if (others) {
        others.push({ resolve, reject });
        return;
      }
      waiters.set(key, [{ resolve, reject }]);
      (async () => load(key))().then(
        (value) => end(key, (waiter) => waiter.resolve(value)),
        (error) => end(key, (waiter) => waiter.reject(error)),
      );
    });
};
