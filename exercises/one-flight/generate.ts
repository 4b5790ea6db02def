type Random = () => number;
type Step = { ask?: unknown; end?: "well" | "badly" };
type Solution = { oneFlight: (load: (key: unknown) => Promise<unknown>) => (key: unknown) => Promise<unknown> };

const turn = () => new Promise((resolve) => setImmediate(resolve));

export function generate(random: Random): Step[] {
  const keys = ["a", "b", 1, "1", "broken"];
  return Array.from({ length: 8 }, () =>
    random() < 0.6 ? { ask: keys[Math.floor(random() * keys.length)] } : { end: random() < 0.6 ? "well" : "badly" },
  );
}

export async function observe({ oneFlight }: Solution, steps: Step[]) {
  const seen: unknown[] = [];
  const open: ((how: string) => void)[] = [];
  const ask = oneFlight((key) => {
    seen.push(["load", typeof key, key]);
    if (key === "broken") throw new Error("broken");
    return new Promise((resolve, reject) => {
      const number = open.length;
      open.push((how) => (how === "well" ? resolve(`${key} ${number}`) : reject(new Error(`${key} ${number}`))));
    });
  });
  for (const [number, step] of steps.entries()) {
    if (step.end !== undefined) open.shift()?.(step.end);
    else {
      try {
        ask(step.ask).then(
          (value) => seen.push([number, value]),
          (error) => seen.push([number, "failed", error.message]),
        );
      } catch {
        seen.push([number, "threw"]);
      }
    }
    await turn();
  }
  return seen;
}
