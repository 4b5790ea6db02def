type Ending = "none" | "rieul" | "other" | "unclear";

function endingOf(word: string): Ending {
  const code = word.length === 0 ? 0 : word.charCodeAt(word.length - 1);
  if (code >= 0x30 && code <= 0x39) {
    if ([1, 7, 8].includes(code - 0x30)) return "rieul";
    return [0, 3, 6].includes(code - 0x30) ? "other" : "none";
  }
  if (code < 0xac00 || code > 0xd7a3) return "unclear";
  const last = (code - 0xac00) % 28;
  return last === 0 ? "none" : last === 8 ? "rieul" : "other";
}

export const withParticle = (word: string, pair: string): string => {
  const ending = endingOf(word);
  switch (pair) {
    case "으로/로":
      return word + { none: "로", rieul: "로", other: "으로", unclear: "(으)로" }[ending];
    case "은/는":
    case "이/가":
    case "을/를":
    case "과/와": {
      const [first, second] = [pair[0], pair[2]];
      if (ending === "unclear") return `${word}${first}(${second})`;
      return word + (ending === "none" ? second : first);
    }
    default:
      throw new RangeError(`${pair}?`);
  }
};
