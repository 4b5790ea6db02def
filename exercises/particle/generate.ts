type Random = () => number;
const words = ["책", "나무", "서울", "김치", "작가", "힣", "", "Dojang", "가", "물", "ㄱ", ..."0123456789"];
const pairs = ["은/는", "이/가", "을/를", "과/와", "으로/로", "으로/로", "는/은"];

export function generate(random: Random) {
  return [words[Math.floor(random() * words.length)], pairs[Math.floor(random() * pairs.length)]];
}

export function observe(solution: { withParticle: (word: string, pair: string) => string }, [word = "", pair = ""]: string[]) {
  return solution.withParticle(word, pair);
}
