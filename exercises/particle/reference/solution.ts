const both: Readonly<Record<string, string>> = { "은/는": "은(는)", "이/가": "이(가)", "을/를": "을(를)", "과/와": "과(와)", "으로/로": "(으)로" };
const rieul = 8;
// Final consonants of 영 일 이 삼 사 오 육 칠 팔 구, as Unicode counts them.
const ofDigits = [21, 8, 0, 16, 0, 0, 1, 8, 8, 0];

export function withParticle(word: string, pair: string): string {
  const unclear = both[pair];
  if (unclear === undefined) throw new RangeError(`there is no pair ${pair}`);
  const final = finalOf(word.at(-1) ?? "");
  if (final === undefined) return word + unclear;
  const [closed, open] = pair.split("/");
  if (pair === "으로/로" && final === rieul) return word + open;
  return word + (final > 0 ? closed : open);
}

function finalOf(letter: string): number | undefined {
  if (/^[0-9]$/.test(letter)) return ofDigits[Number(letter)];
  if (letter < "가" || letter > "힣") return undefined;
  return (letter.charCodeAt(0) - 0xac00) % 28;
}
