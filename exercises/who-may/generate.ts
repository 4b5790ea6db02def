type Random = () => number;
type User = { id: string; role: string; suspended?: boolean };
type Document = { ownerId?: string; editors: string[]; isPublic: boolean; locked?: boolean };
type Case = { user: User | undefined; action: string; document: Document };

const pick = <Value>(random: Random, values: Value[]) => values[Math.floor(random() * values.length)] as Value;

export function generate(random: Random): Case {
  const flag = () => pick(random, [undefined, false, true]);
  const user = random() < 0.2 ? undefined : { id: pick(random, ["kim", "kim2", "lee"]), role: pick(random, ["member", "member", "admin"]), suspended: flag() };
  // An id that is a part of another one.
  const editors = Array.from({ length: Math.floor(random() * 3) }, () => pick(random, ["kim2", "kim2", "lee"]));
  return {
    user,
    action: pick(random, ["read", "edit", "share", "delete", "read", "edit", "share", "delete", "sign"]),
    document: { ownerId: pick(random, ["kim", "lee", "lee", undefined]), editors, isPublic: random() < 0.3, locked: flag() },
  };
}

export function observe(solution: { may: (user: User | undefined, action: string, document: Document) => unknown }, { user, action, document }: Case) {
  return solution.may(user, action, document);
}
