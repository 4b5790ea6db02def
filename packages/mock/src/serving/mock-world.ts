import { setMaxListeners } from "node:events";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type Place, Problem } from "@dojang/model";
import type { GlobalSettings, ImportOptions, MockOptions, MockWorld, Recorder } from "../contract.ts";
import { createMockFiles } from "../files/create-mock-files.ts";
import type { MockFiles } from "../files/mock-files.ts";
import { createJournal } from "../journal/create-journal.ts";
import type { Journal } from "../journal/serve-event.ts";
import type { StubMapping } from "../mapping/stub-mapping.ts";
import type { Contract } from "../openapi/contract.ts";
import { OutboundClient } from "../proxying/outbound-client.ts";
import { createStubStore } from "../stubs/create-stub-store.ts";
import type { StubStore } from "../stubs/stub-store.ts";
import { LazyWebhooks } from "../webhooks/lazy-webhooks.ts";
import type { CertificateAuthority } from "./certificates/certificate-authority.ts";
import { FreshIds } from "./fresh-id.ts";
import { LazyRecorder } from "./lazy-recorder.ts";
import { LazyTemplates } from "./lazy-templates.ts";

/**
 * Everything a mock server is, except its listeners. Reads from files and documents; what is wrong with them is one Problem with
 * every finding. Without a listener it can be driven by `createServe` and `handleAdmin` alike.
 */
export async function createMockWorld(options: MockOptions = {}): Promise<World> {
  const templates = new LazyTemplates(options.templates ?? {});
  if (options.filenameTemplate !== undefined) await templates.load();
  const files = createMockFiles({
    ...(options.directory === undefined ? {} : { directory: options.directory }),
    ...(options.filenameTemplate === undefined
      ? {}
      : { nameTemplate: options.filenameTemplate, render: (template, model) => templates.render(template, model) }),
  });
  const contract = await contractOf(options);
  const world = new World({ options, templates, files, contract });
  await world.loadMappings();
  return world;
}

interface WorldParts {
  readonly options: MockOptions;
  readonly templates: LazyTemplates;
  readonly files: MockFiles;
  readonly contract: Contract | undefined;
}

interface RecordedFiles {
  readonly fileName: string;
  readonly bodyName: string;
  readonly body: Buffer;
}

/** Beyond what the admin API sees: what the serving side shares. */
export class World implements MockWorld {
  readonly options: MockOptions;
  readonly stubs: StubStore = createStubStore();
  readonly journal: Journal;
  readonly files: MockFiles;
  readonly templates: LazyTemplates;
  readonly recorder: Recorder;
  readonly outbound: OutboundClient;
  readonly webhooks: LazyWebhooks;
  readonly ids = new FreshIds();
  readonly startedAt = Date.now();
  /** Aborted when no new request shall begin; what is under way may end. */
  readonly closing = new AbortController();
  /** Aborted when the world ends: delays, requests to targets and webhooks stop. */
  readonly ended = new AbortController();
  /** Resolves when someone asked for the end. */
  readonly shutdownAsked: Promise<void>;
  #contract: Contract | undefined;
  #settings: GlobalSettings;
  #askShutdown: () => void = () => {};
  #lastChange: Promise<unknown> = Promise.resolve();
  #authority: Promise<CertificateAuthority> | undefined;

  constructor(parts: WorldParts) {
    this.options = parts.options;
    this.files = parts.files;
    this.#contract = parts.contract;
    this.templates = parts.templates;
    this.journal = createJournal(parts.options.journal);
    this.outbound = new OutboundClient(parts.options.proxy);
    this.recorder = new LazyRecorder(this);
    this.webhooks = new LazyWebhooks(this);
    // Every delayed webhook waits for them too.
    setMaxListeners(0, this.ended.signal, this.closing.signal);
    this.#settings = { proxyPassThrough: parts.options.proxy?.passThrough ?? true };
    this.shutdownAsked = new Promise((resolve) => {
      this.#askShutdown = resolve;
    });
  }

  get contract(): Contract | undefined {
    return this.#contract;
  }

  get settings(): GlobalSettings {
    return this.#settings;
  }

  setSettings(settings: GlobalSettings): void {
    this.#settings = settings;
  }

  async certificateAuthority(): Promise<string | undefined> {
    return this.options.proxy?.browser === true ? (await this.browserAuthority()).certificate : undefined;
  }

  /** Signs the certificates of hosts that browsers reach through CONNECT. */
  browserAuthority(): Promise<CertificateAuthority> {
    this.#authority ??= import("./certificates/certificate-authority.ts").then(
      ({ CertificateAuthority: Authority }) => new Authority(this.options.proxy?.certificateAuthority),
    );
    return this.#authority;
  }

  addStub(stub: StubMapping): Promise<void> {
    return this.#change(async () => {
      this.#checkAgainstContract([stub]);
      await this.#add(stub);
    });
  }

  editStub(stub: StubMapping): Promise<boolean> {
    return this.#change(async () => {
      if (this.stubs.get(stub.id) === undefined) return false;
      this.#checkAgainstContract([stub]);
      await this.#edit(stub);
      return true;
    });
  }

  removeStub(id: string): Promise<boolean> {
    return this.#change(() => this.#remove(id));
  }

  importStubs(stubs: readonly StubMapping[], options: ImportOptions = {}): Promise<void> {
    return this.#change(async () => {
      this.#checkAgainstContract(stubs);
      // From the last to the first: the newest is asked first, so the list's order becomes the order of matching.
      for (const stub of stubs.toReversed()) {
        if (this.stubs.get(stub.id) === undefined) await this.#add(stub);
        else if (options.duplicatePolicy !== "IGNORE") await this.#edit(stub);
      }
      if (options.deleteAllNotInImport !== true) return;
      const imported = new Set(stubs.map(({ id }) => id));
      for (const { id } of this.stubs.all()) if (!imported.has(id)) await this.#remove(id);
    });
  }

  saveMappings(): Promise<void> {
    return this.#change(async () => {
      for (const stub of this.stubs.all()) await this.#edit({ ...stub, persistent: true });
    });
  }

  removeMappings(): Promise<void> {
    return this.#change(async () => {
      await this.files.removeAllMappings();
      this.stubs.clear();
    });
  }

  reset(): Promise<void> {
    return this.#change(async () => {
      const stubs = await this.#mappingsOfFiles();
      this.stubs.clear();
      this.stubs.resetScenarios();
      this.journal.clear();
      this.contract?.reset();
      for (const stub of stubs) this.stubs.add(stub);
    });
  }

  reloadMappings(): Promise<boolean> {
    return this.#change(async () => {
      const before = this.stubs.all().filter(({ id }) => this.files.fileOf(id) !== undefined);
      const stubs = await this.#mappingsOfFiles();
      const ids = new Set(stubs.map(({ id }) => id));
      const gone = before.filter(({ id }) => !ids.has(id));
      // What is as it was keeps its place, and the turn of its sequence.
      const changed = stubs.filter((stub) => !isDeepStrictEqual(this.stubs.get(stub.id), stub));
      for (const { id } of gone) this.stubs.remove(id);
      for (const stub of changed) if (!this.stubs.edit(stub)) this.stubs.add(stub);
      return gone.length + changed.length > 0;
    });
  }

  reloadContract(): Promise<void> {
    return this.#change(async () => {
      const contract = await contractOf(this.options);
      this.#checkAgainst(contract, this.stubs.all());
      this.#contract = contract;
    });
  }

  loadMappings(): Promise<void> {
    return this.#change(async () => {
      for (const stub of await this.#mappingsOfFiles()) this.stubs.add(stub);
    });
  }

  /** Files of what a target answered. They are not played before they are read again. */
  writeRecorded(stub: StubMapping, { fileName, bodyName, body }: RecordedFiles): Promise<void> {
    return this.#change(async () => {
      await this.files.writeBody(bodyName, body);
      await this.files.saveMapping(stub, fileName);
    });
  }

  shutdown(): void {
    this.#askShutdown();
  }

  /** Ends everything that outlives a request. Safe twice. */
  end(): void {
    this.ended.abort();
    this.outbound.close();
  }

  async #add(stub: StubMapping): Promise<void> {
    if (stub.persistent === true) await this.files.saveMapping(stub);
    this.stubs.add(stub);
  }

  async #edit(stub: StubMapping): Promise<void> {
    if (stub.persistent === true) await this.files.saveMapping(stub);
    this.stubs.edit(stub);
  }

  async #remove(id: string): Promise<boolean> {
    const stub = this.stubs.get(id);
    if (stub === undefined) return false;
    if (stub.persistent === true) await this.files.removeMapping(id);
    this.stubs.remove(id);
    return true;
  }

  async #mappingsOfFiles(): Promise<readonly StubMapping[]> {
    const stubs = await this.files.loadMappings();
    this.#checkAgainstContract(stubs, { inFiles: true });
    return stubs;
  }

  #checkAgainstContract(stubs: readonly StubMapping[], { inFiles = false } = {}): void {
    this.#checkAgainst(this.contract, stubs, { inFiles });
  }

  /** Stubs of files are named by their file, and are a mistake in it; others are refused. */
  #checkAgainst(contract: Contract | undefined, stubs: readonly StubMapping[], { inFiles = false } = {}): void {
    if (contract === undefined) return;
    const placeOf = (stub: StubMapping, place: Place) => ({ ...place, file: (inFiles && this.#fileOf(stub)) || place.file });
    const findings = stubs
      .flatMap((stub) => contract.checkStub(stub).map((finding) => ({ ...finding, place: placeOf(stub, finding.place) })))
      .filter(({ severity }) => severity === "error");
    if (findings.length === 0) return;
    const [first] = findings;
    throw new Problem({
      code: "stub-breaks-contract",
      message:
        findings.length === 1 ? `A stub breaks the contract: ${first?.message}` : `Stubs break the contract in ${findings.length} places.`,
      fix: first?.fix ?? "Change the stub or the contract.",
      exit: inFiles ? "configuration" : "refused",
      ...(first === undefined ? {} : { place: first.place }),
      findings,
    });
  }

  #fileOf({ id }: StubMapping): string | undefined {
    const file = this.files.fileOf(id);
    return file === undefined ? undefined : join(this.files.directory ?? "", file);
  }

  /** One change after another: the next one sees the files and the stubs that the one before left. */
  #change<Result>(make: () => Promise<Result>): Promise<Result> {
    const result = this.#lastChange.then(make, make);
    this.#lastChange = result.catch(() => undefined);
    return result;
  }
}

async function contractOf(options: MockOptions): Promise<Contract | undefined> {
  if (options.openapi === undefined || options.openapi.length === 0) return undefined;
  const { loadContract } = await import("../openapi/load-contract.ts");
  return loadContract(options.openapi, { mode: options.mode ?? "lenient", seed: options.seed ?? 1 });
}
