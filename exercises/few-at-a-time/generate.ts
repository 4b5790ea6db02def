type Random = () => number;
type Case = { count: number; limit: number; ends: { at: number; well: boolean }[] };
type Solution = { mapLimited: (items: number[], limit: number, work: (item: number, index: number) => Promise<unknown>) => Promise<unknown> };

const turns = async () => {
  for (let count = 0; count < 3; count++) await new Promise((resolve) => setImmediate(resolve));
};

export function generate(random: Random): Case {
  const ends = Array.from({ length: 8 }, () => ({ at: Math.floor(random() * 4), well: random() < 0.8 }));
  const limits = [0, 1, 2, 3, 4, 1.5];
  return { count: Math.floor(random() * 7), limit: limits[Math.floor(random() * limits.length)] ?? 1, ends };
}

export async function observe({ mapLimited }: Solution, { count, limit, ends }: Case) {
  const seen: unknown[] = [];
  const open: { item: number; resolve: (value: unknown) => void; reject: (error: Error) => void }[] = [];
  const items = Array.from({ length: count }, (_, index) => index + 10);
  mapLimited(items, limit, (item, index) => {
    seen.push(["begun", item, index]);
    return new Promise((resolve, reject) => open.push({ item, resolve, reject }));
  }).then(
    (results) => seen.push(["all", results]),
    (error) => seen.push(["failed", error.name, error.name === "Error" ? error.message : ""]),
  );
  for (const { at, well } of ends) {
    await turns();
    const [one] = open.splice(at % Math.max(1, open.length), 1);
    if (well) one?.resolve(`done ${one.item}`);
    else one?.reject(new Error(`down ${one.item}`));
  }
  await turns();
  return seen;
}
