export function mapLimited<Item, Result>(items: readonly Item[], limit: number, work: (item: Item, index: number) => Promise<Result>) {
  return new Promise<Result[]>((resolve, reject) => {
    if (!(limit >= 1) || limit % 1 !== 0) return reject(new RangeError(String(limit)));
    const found: Result[] = [];
    let running = 0;
    let begun = 0;
    let ended = false;
    const go = () => {
      if (ended) return;
      if (begun === items.length && running === 0) {
        ended = true;
        resolve(found);
      }
      while (!ended && running < limit && begun < items.length) {
        const index = begun++;
        running++;
        (async () => work(items[index] as Item, index))().then(
          (value) => {
            found[index] = value;
            running--;
            go();
          },
          (error) => {
            ended = true;
            reject(error);
          },
        );
      }
    };
    go();
  });
}
