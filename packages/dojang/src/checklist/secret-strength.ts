/** How good a secret is as one, from its text alone. An estimate: it finds what a person typed, not what a weak generator made. */
export interface SecretStrength {
  readonly bits: number;
  /** Why it is weak; undefined when it is not. Holds nothing of the secret. */
  readonly weakness?: string;
  /** Long enough, but less random than what a generator makes. */
  readonly doubt?: string;
}

const known = new Set(
  "password passw0rd secret changeme change-me admin administrator root postgres mysql redis test testing example default letmein qwerty dev development staging production prod toor 1234 12345 123456 1234567 12345678 123456789 1234567890 password1 password123 supersecret keyboard-cat secretkey mysecret s3cr3t todo user guest demo hello".split(
    " ",
  ),
);
const placeholder =
  /change.?me|changethis|placeholder|example|insecure|development|your[-_ ]|replace[-_ ]?(me|this)|not[-_ ]?(so|a)?[-_ ]?secret|dummy|sample|^x+$|<.*>|\.\.\./i;

const wantedCharacters = 16;
const wantedBits = 80;
const leastBits = 64;

export function secretStrength(secret: string): SecretStrength {
  const bits = Math.floor(estimateBits(secret));
  const lower = secret.toLowerCase();
  if (secret.trim() === "") return { bits: 0, weakness: "it is empty" };
  if (known.has(lower)) return { bits: 0, weakness: "it is one of the words that everybody tries first" };
  if (placeholder.test(secret) && secret.length < 200) return { bits: 0, weakness: "it reads like a placeholder that was never replaced" };
  if (secret.length < wantedCharacters) return { bits, weakness: `it has ${secret.length} characters, ${wantedCharacters} are the least` };
  if (bits < leastBits)
    return { bits, weakness: `its characters repeat or follow each other: about ${bits} bits, ${wantedBits} are wanted` };
  if (bits < wantedBits) return { bits, doubt: `it has about ${bits} bits, ${wantedBits} are wanted` };
  return { bits };
}

/**
 * As many bits as random characters of the same kinds would have, less what repeats: pairs that come again, and steps from one
 * character to the next that come again (`abcdefgh`, `13579`).
 */
function estimateBits(secret: string): number {
  const pools = [
    [/[a-z]/, 26],
    [/[A-Z]/, 26],
    [/[0-9]/, 10],
    [/[^a-zA-Z0-9]/, 20],
  ] as const;
  const pool = pools.reduce((sum, [pattern, size]) => sum + (pattern.test(secret) ? size : 0), 0);
  // Only hexadecimal digits: that is what was drawn from.
  const drawn = /^[0-9a-f]+$/i.test(secret) ? Math.min(pool, 16) : pool;
  const steps = secret.length - 1;
  if (steps < 1) return Math.log2(Math.max(drawn, 1));
  const pairs = new Set(Array.from({ length: steps }, (_, index) => secret.slice(index, index + 2)));
  const differences = new Set(Array.from({ length: steps }, (_, index) => secret.charCodeAt(index + 1) - secret.charCodeAt(index)));
  // A random text has about as many different pairs and steps as its length and characters allow.
  const pairShare = pairs.size / Math.min(steps, drawn * drawn * 0.6);
  const stepShare = differences.size / Math.min(steps * 0.7, drawn * 0.9);
  return secret.length * Math.log2(drawn) * Math.min(1, pairShare) * Math.min(1, stepShare);
}
