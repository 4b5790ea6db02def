import type { InstalledProgram, MachineFacts, ProgramFamily } from "./machine-facts.ts";

/**
 * The installed program whose major version is closest to the one asked for. Of two equally close the newer wins, as
 * programs read what older ones wrote more often than the reverse. Families are in order of preference.
 */
export function closestProgram(machine: MachineFacts, families: readonly ProgramFamily[], major?: number): InstalledProgram | undefined {
  for (const family of families) {
    const candidates = machine.programs.filter((program) => program.family === family);
    const best = candidates.reduce<InstalledProgram | undefined>((soFar, one) => {
      if (soFar === undefined) return one;
      const distance = (program: InstalledProgram) => (major === undefined ? -program.major : Math.abs(program.major - major));
      const nearer = distance(one) - distance(soFar);
      return nearer < 0 || (nearer === 0 && one.major > soFar.major) ? one : soFar;
    }, undefined);
    if (best !== undefined) return best;
  }
  return undefined;
}
