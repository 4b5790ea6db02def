/** A line for the person at the terminal: standard output has results alone. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
