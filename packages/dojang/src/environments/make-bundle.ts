/**
 * One file of a program and all it imports but Node's own. The bundler belongs to those who work on Dojang and is not installed
 * with it, so it is imported only where sources are run.
 */
export async function makeBundle({ entry, file }: { readonly entry: string; readonly file: string }): Promise<void> {
  const { rolldown } = await import("rolldown");
  const bundle = await rolldown({ input: entry, platform: "node", logLevel: "silent" });
  try {
    await bundle.write({ file, format: "esm", codeSplitting: false });
  } finally {
    await bundle.close();
  }
}
