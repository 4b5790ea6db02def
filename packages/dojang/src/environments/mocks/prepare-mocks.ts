import type { EnvironmentPlan } from "@dojang/mock/environment";
import type { MountSpec, ServiceSpec } from "@dojang/model";
import type { Authority } from "../../capture/authority.ts";
import { mockProgram, placeProgram } from "../place-program.ts";
import { layOutMockFiles } from "./mock-files.ts";
import { journalPort, mockPlaces, mockService, type PlannedMock } from "./mock-services.ts";

export interface PrepareMocksRequest {
  readonly mocks: readonly PlannedMock[];
  /** The state folder. */
  readonly home: string;
  /** The project's, where the specifications are. */
  readonly directory: string;
  /** Of the environment: HTTPS of a mock is as good as that of the real system to whoever trusts it. Needed for mocks. */
  readonly authority: Authority | undefined;
  /** Where a mock may be reached by number and not by name. */
  readonly addressesOf: (mock: string) => readonly string[];
}

export interface PreparedMocks {
  readonly services: readonly ServiceSpec[];
  /** Hex SHA-256 over a specification's files, by mock. */
  readonly digests: Readonly<Record<string, string>>;
}

/** Brings what each mock needs to where a guest may read it, and makes the services that play them. */
export async function prepareMocks(request: PrepareMocksRequest): Promise<PreparedMocks> {
  const { authority } = request;
  if (request.mocks.length === 0 || authority === undefined) return { services: [], digests: {} };
  const program = await placeProgram(request.home, mockProgram);
  const prepared = await Promise.all(request.mocks.map((mock) => prepareMock(mock, program, { ...request, authority })));
  return {
    services: prepared.map(({ service }) => service),
    digests: Object.fromEntries(prepared.map(({ service, digest }) => [service.name, digest])),
  };
}

async function prepareMock(
  mock: PlannedMock,
  program: string,
  { home, directory, authority, addressesOf }: PrepareMocksRequest & { readonly authority: Authority },
): Promise<{ readonly service: ServiceSpec; readonly digest: string }> {
  const { source } = mock;
  const tree = await layOutMockFiles({ home, directory, source });
  const leaf = await authority.certificate([...mock.hosts, ...addressesOf(source.name)]);
  const mounts: MountSpec[] = [
    { kind: "bind", source: program, target: mockPlaces.program, readOnly: true },
    { kind: "bind", source: tree.folder, target: mockPlaces.files, readOnly: true },
    { kind: "file", target: mockPlaces.plan, content: JSON.stringify(environmentPlanOf(mock)), mode: 0o444 },
    { kind: "file", target: mockPlaces.certificate, content: leaf.chainPem, mode: 0o444 },
    // Only this guest sees it, and it is worth nothing outside of this environment.
    { kind: "file", target: mockPlaces.key, content: leaf.keyPem, mode: 0o444 },
  ];
  return { service: mockService(mock, mounts), digest: tree.digest };
}

function environmentPlanOf({ source, hosts, ports }: PlannedMock): EnvironmentPlan {
  return {
    name: source.name,
    hosts: hosts.map((host) => host.toLowerCase()),
    host: (source.definition.hosts[0] ?? source.name).toLowerCase(),
    ports: ports.map(({ container }) => container),
    journalPort,
    stubs: source.stubs,
    openapi: [...source.openapi],
    mode: source.definition.mode,
    seed: source.definition.seed,
  };
}
