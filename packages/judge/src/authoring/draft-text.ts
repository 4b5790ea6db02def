import type { ApprovableDraft } from "./approve-draft.ts";
import { plainText } from "./plain-text.ts";
import { spentText } from "./spending.ts";

/** What a person has to look at before a draft goes to learners. */
export function draftText({ exercise, made }: ApprovableDraft): string {
  const { proof, by, spent, repairs } = made;
  const lines = [
    `${exercise.id}: ${exercise.title.en} / ${exercise.title.ko} (${exercise.lang}, ${exercise.level})`,
    `learn: ${exercise.learn.en} / ${exercise.learn.ko}`,
    "",
    "--- statement.en.md",
    exercise.statement.en.trimEnd(),
    "",
    "--- statement.ko.md",
    exercise.statement.ko.trimEnd(),
    "",
    `--- bugs (${exercise.variants.length})`,
    ...exercise.variants.flatMap(({ id, why }) => [`${id}: ${why.en.trim()}`, `${" ".repeat(id.length + 2)}${why.ko.trim()}`]),
    "",
    `proven: ${proof.knownTests} known tests catch ${proof.variants} bugs by assertions; ${exercise.decoys.length} decoys and a second solution, written from the statement alone,`,
    `        behave as the reference (the second solution on ${proof.agreeing} of ${proof.inputs} generated inputs)`,
    `made by ${by.model} (${by.provider}) for "${by.topic}"; sent back ${times(repairs.length)}; ${spentText(spent)}`,
    "look at: does the statement say all that the known tests ask for, and the same in both languages; is each bug one that happens, and its reason true",
  ];
  return plainText(`${lines.join("\n")}\n`);
}

const times = (count: number) => (count === 0 ? "never" : count === 1 ? "once" : `${count} times`);
