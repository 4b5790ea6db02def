import type { RunEvent } from "@dojang/model";
import type { Runtime } from "@dojang/runtime";
import { putBody } from "../../store/bodies.ts";
import { appendOutsideCalls, attributeOutsideCalls } from "../../store/outside-calls.ts";
import type { Store } from "../../store/store.ts";
import { defaultJournalBytes, type MockTally, startMockJournal } from "./mock-journal.ts";

export interface JournalRequest {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly environmentId: string;
  readonly run: string;
  readonly jobId: string;
  readonly job: string;
  /** Every name and address by which steps reach each mock. */
  readonly hosts: Readonly<Record<string, readonly string[]>>;
  readonly maxBytes: number | undefined;
  readonly keep: "all" | "wrong";
  readonly emit: (event: RunEvent) => void;
}

/** What the mocks of one environment were asked. */
export interface MockResults {
  readonly tallies: readonly MockTally[];
  readonly maxBytes: number;
}

/** The journal of an environment, into the store. `finish` is to be called after the recorder's: calls belong to its last transactions too. */
export function openJournal(request: JournalRequest): { finish(): Promise<void>; results(): MockResults } {
  const { store, runtime, environmentId, run, jobId, job, hosts, keep, emit } = request;
  const mocks = Object.keys(hosts);
  const maxBytes = request.maxBytes ?? defaultJournalBytes;
  const journal = startMockJournal({
    runtime,
    environmentId,
    mocks,
    maxBytes,
    keep,
    // Bodies first, as everywhere: what is in the store never refers to what is still to come.
    async write({ calls, bodies }) {
      for (const { bytes } of bodies) await putBody(store, { bytes });
      await appendOutsideCalls(store, { run, job: jobId, calls });
    },
    onProblem: (text) => emit({ kind: "note", job, text }),
  });
  let tallies: readonly MockTally[] = [];
  return {
    async finish() {
      tallies = await journal.finish();
      if (mocks.length > 0) await attributeOutsideCalls(store, { environment: environmentId, hosts });
    },
    results: () => ({ tallies, maxBytes }),
  };
}
