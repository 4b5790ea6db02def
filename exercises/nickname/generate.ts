type Random = () => number;
type Solution = { cleanNickname: (text: string) => string; sameNickname: (a: string, b: string) => boolean };

const pick = <Value>(random: Random, values: readonly Value[]) => values[Math.floor(random() * values.length)] as Value;
const plain = [..."abKIM김밥도장①"];
const odd = ["\u1112\u1161\u11ab", "e\u0301", "👍🏽", "👨‍👩‍👧", " ", "  ", "\u3000", "\t", "\u200b", "\u202e", "\u0007", "Ａ"];

function typed(random: Random): string {
  const length = pick(random, [0, 1, 2, 3, 4, 9, 10, 10, 11]);
  const letters = Array.from({ length }, () => (random() < 0.2 ? pick(random, odd) : pick(random, plain)));
  return pick(random, ["", "", " ", "\u00a0"]) + letters.join("") + pick(random, ["", "", " ", "\u3000"]);
}

export function generate(random: Random): [string, string] {
  const one = typed(random);
  return [one, pick(random, [one.toLowerCase(), one.normalize("NFD"), one.normalize("NFKC"), one.replace("김", "\u1100\u1175\u11b7"), typed(random)])];
}

export function observe({ cleanNickname, sameNickname }: Solution, [one, other]: [string, string]) {
  const said = (work: () => unknown) => {
    try {
      return work();
    } catch (error) {
      return (error as Error).name;
    }
  };
  return [said(() => cleanNickname(one)), said(() => cleanNickname(other)), said(() => sameNickname(one, other))];
}
