/** A number up to 255, without zeros before it. */
export function isByte(text: string): boolean {
  return /^(?:0|[1-9]\d{0,2})$/.test(text) && Number(text) <= 255;
}

export function isIpv4(text: string): boolean {
  const parts = text.split(".", 5);
  return parts.length === 4 && parts.every(isByte);
}

/** Zeros may come before a number. */
export function isOldIpv4(text: string): boolean {
  const parts = text.split(".", 5);
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
}

/** Without zones. */
export function isIpv6(text: string): boolean {
  if (!/^[0-9A-Fa-f:.]{2,45}$/.test(text)) return false;
  const halves = text.split("::");
  if (halves.length > 2) return false;
  const [before = [], after = []] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const last = after.at(-1) ?? (halves.length === 1 ? before.at(-1) : undefined);
  const embeds = last?.includes(".") === true;
  if (embeds && !isIpv4(last ?? "")) return false;
  const words = embeds ? [...before, ...after].slice(0, -1) : [...before, ...after];
  const size = words.length + (embeds ? 2 : 0);
  return words.every((word) => /^[0-9A-Fa-f]{1,4}$/.test(word)) && (halves.length === 2 ? size < 8 : size === 8);
}
