/**
 * A program and all it imports but Node's own, in a folder: `environment.mjs`, and beside it what it imports only when needed, which
 * then costs neither time at the start nor memory. The bundler belongs to those who work on Dojang and is not installed with it, so it
 * is imported only where sources are run.
 */
export async function makeBundle({ entry, folder }: { readonly entry: string; readonly folder: string }): Promise<void> {
  const { rolldown } = await import("rolldown");
  const bundle = await rolldown({ input: { environment: entry }, platform: "node", logLevel: "silent" });
  try {
    await bundle.write({ dir: folder, format: "esm", entryFileNames: "[name].mjs", chunkFileNames: "[name]-[hash].mjs" });
  } finally {
    await bundle.close();
  }
}
