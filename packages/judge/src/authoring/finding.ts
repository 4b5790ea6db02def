/** Something wrong with a candidate, in words for its author: a place inside the exercise, and what was seen there. */
export interface Finding {
  readonly place: string;
  readonly message: string;
}

const mostTold = 40;
const messageLimit = 1_500;

/** As a list for a prompt. Addresses of objects are taken out: the same flaw has to be the same text in the next run, for answers are kept by what was asked. */
export function findingsText(findings: readonly Finding[]): string {
  const lines = findings.slice(0, mostTold).map((one) => `- ${one.place}: ${plain(one.message)}`);
  if (findings.length > mostTold) lines.push(`- and ${findings.length - mostTold} more`);
  return lines.join("\n");
}

const plain = (message: string) =>
  message
    .slice(0, messageLimit)
    .replace(/0x[0-9a-f]{6,}/gi, "0x…")
    .replaceAll("\n", "\n  ");
