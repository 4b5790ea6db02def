export function oneFlight<Key, Value>(load: (key: Key) => Promise<Value>): (key: Key) => Promise<Value> {
  const flights = new Map<Key, Promise<Value>>();
  return (key) => {
    const known = flights.get(key);
    if (known !== undefined) return known;
    const flight = new Promise<Value>((resolve) => resolve(load(key))).catch((error) => {
      flights.delete(key);
      throw error;
    });
    flights.set(key, flight);
    return flight;
  };
}
