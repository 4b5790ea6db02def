// record-answers.ts: writes src/authoring/fixtures, the answers that `make --replay` is tried with where there is no vendor. They are
// written by hand (src/authoring/refunds.fixture.ts, parking.fixture.ts) in the formats that vendors document; the hashes come from asking a server that speaks
// them. To be run again after a prompt, a schema or the library that asks has changed: a replay then says that an answer is unknown.
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parkingExercise } from "../src/authoring/parking.fixture.ts";
import { fourExercises } from "../src/authoring/refunds.fixture.ts";
import { openVendor, type Script, vendorKey } from "../src/authoring/vendor-server.fixture.ts";

await record(fourExercises, { folder: "refunds", lang: "python", topic: "refund limits" });
await record(parkingExercise, { folder: "parking", lang: "typescript", topic: "parking fees" });

async function record(script: Script, { folder, lang, topic }: { readonly folder: string; readonly lang: string; readonly topic: string }) {
  const target = join(import.meta.dirname, "../src/authoring/fixtures", folder);
  const drafts = mkdtempSync(join(tmpdir(), "dojang-judge-record-"));
  const vendor = await openVendor(script);
  try {
    rmSync(target, { recursive: true, force: true });
    const order = ["--lang", lang, "--topic", topic, "--into", drafts, "--record", target];
    const model = ["--provider", "anthropic", "--model", "claude-opus-5-5"];
    const paid = ["--base-url", vendor.baseUrl, "--key-from", "VENDOR_KEY", "--budget-tokens", "1000000"];
    const command = join(import.meta.dirname, "../bin/dojang-judge.js");
    const child = spawn(process.execPath, [command, "make", ...order, ...model, ...paid], {
      stdio: "inherit",
      env: { ...process.env, VENDOR_KEY: vendorKey },
    });
    await new Promise((resolve) => child.on("close", resolve));
    process.stdout.write(`${readdirSync(target).length} answers in ${target}\n`);
  } finally {
    await vendor.close();
    rmSync(drafts, { recursive: true });
  }
}
