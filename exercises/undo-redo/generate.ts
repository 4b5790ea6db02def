type Random = () => number;
const pick = <Value>(random: Random, list: readonly Value[]) => list[Math.floor(random() * list.length)] as Value;

export function generate(random: Random) {
  const steps = Array.from({ length: 12 }, () => ({ what: pick(random, ["push", "push", "undo", "redo"]), value: pick(random, [0, 1, 2]) }));
  return { limit: pick(random, [0, 1, 2, 3, 3]), steps };
}

export function observe(solution: { createHistory: (first: number, options: { limit: number }) => { current: number; push(value: number): void; undo(): boolean; redo(): boolean } }, { limit, steps }: ReturnType<typeof generate>) {
  const history = solution.createHistory(0, { limit });
  return steps.map(({ what, value }) => {
    const answer = what === "push" ? history.push(value) : what === "undo" ? history.undo() : history.redo();
    return [answer ?? null, history.current];
  });
}
