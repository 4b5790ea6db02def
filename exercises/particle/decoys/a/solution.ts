const pairs = new Map([
  ["은/는", ["은", "는", "은(는)"]],
  ["이/가", ["이", "가", "이(가)"]],
  ["을/를", ["을", "를", "을(를)"]],
  ["과/와", ["과", "와", "과(와)"]],
  ["으로/로", ["으로", "로", "(으)로"]],
]);

export function withParticle(word: string, pair: string): string {
  const found = pairs.get(pair);
  if (!found) throw new RangeError(pair);
  const read = word.replace(/[0-9]$/, (digit) => "영일이삼사오육칠팔구"[Number(digit)] ?? "");
  const parts = /[가-힣]$/.test(read) ? read.slice(-1).normalize("NFD") : "";
  let index = 2;
  if (parts.length === 3) index = pair === "으로/로" && parts[2] === "\u11af" ? 1 : 0;
  else if (parts.length === 2) index = 1;
  return `${word}${found[index]}`;
}
