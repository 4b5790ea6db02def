export const languages = ["en", "ko"] as const;
export type Language = (typeof languages)[number];

/** The language of ours that the visitor likes best, by Accept-Language (RFC 9110, 12.5.4); English when there is none. */
export function preferredLanguage(acceptLanguage: string | undefined): Language {
  const wishes = (acceptLanguage ?? "").slice(0, 500).split(",").map(parseWish);
  const best = wishes.filter((wish) => wish.language !== undefined && wish.quality > 0).sort((a, b) => b.quality - a.quality)[0];
  return best?.language ?? "en";
}

function parseWish(text: string): { language: Language | undefined; quality: number } {
  const [tag = "", ...parameters] = text.trim().toLowerCase().split(";");
  const weight = parameters.map((parameter) => /^\s*q=(.*)$/.exec(parameter)?.[1]).find((value) => value !== undefined);
  return {
    language: languages.find((language) => tag === language || tag.startsWith(`${language}-`)),
    quality: Number(weight ?? "1") || 0,
  };
}
