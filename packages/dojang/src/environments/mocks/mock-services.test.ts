import { plainService, type ServiceSpec } from "@dojang/model";
import { expect, test } from "vitest";
import type { MockSource } from "../../config/mock-sources.ts";
import { exampleDefinition as definition } from "./example-definition.ts";
import { journalPort, mockService, playSystems } from "./mock-services.ts";

const mock = (name: string, more: Partial<MockSource> = {}): MockSource => ({
  name,
  hosts: [name],
  definition,
  stubs: `mocks/${name}`,
  openapi: [],
  ...more,
});

const recipe = { language: "node", build: [], command: ["node", "x"], directory: "/app", environment: {}, origin: "" } as const;

function service(name: string, more: Partial<ServiceSpec> = {}): ServiceSpec {
  return { ...plainService(name, { kind: "build", context: "/", args: {}, recipe }), ...more };
}

const play = (mocks: readonly MockSource[], services: readonly ServiceSpec[], variables: Record<string, string> = {}) =>
  playSystems({ mocks, services, variables: [variables] });
const portsOf = (played: ReturnType<typeof play>) => played.mocks[0]?.ports.map(({ container }) => container);

test("without mocks the services are left as they are", () => {
  const services = [service("api", { dependsOn: [{ service: "db", condition: "healthy", required: true }] })];

  expect(play([], services)).toEqual({ services, mocks: [], notes: [], variables: {} });
});

test("what is built waits for the mocks; a database does not", () => {
  const database = service("db", { program: { kind: "image", image: "postgres:16" } });

  const { services } = play([mock("mail")], [service("api"), database]);

  expect(services.map(({ dependsOn }) => dependsOn)).toEqual([[{ service: "mail", condition: "healthy", required: true }], []]);
});

test("a Compose service of the same name is not started, and whoever waited for it waits for the mock", () => {
  const waiting = [
    { service: "mail", condition: "completed", required: false },
    { service: "db", condition: "healthy", required: true },
  ] as const;
  const gate = service("gate", { program: { kind: "image", image: "nginx" }, dependsOn: waiting });

  const played = play([mock("mail")], [service("mail"), gate, service("db")]);

  expect(played.services.map(({ name }) => name)).toEqual(["gate", "db"]);
  expect(played.services[0]?.dependsOn).toEqual([waiting[1], { service: "mail", condition: "healthy", required: true }]);
  expect(played.notes).toEqual(["mail is played from mocks/mail, instead of the service of that name, on ports 80, 443"]);
});

test("a service that answers to one of a mock's hosts is replaced too, and the mock has all of its names", () => {
  const smtp = service("smtp-server", { aliases: ["mail.internal", "smtp"] });

  const played = play(
    [mock("mail", { hosts: ["mail", "MAIL.internal"] })],
    [smtp, service("api", { dependsOn: [{ service: "smtp-server", condition: "started", required: true }] })],
  );

  expect(played.mocks[0]).toMatchObject({
    hosts: ["mail", "MAIL.internal", "smtp-server", "mail.internal", "smtp"],
    replaces: ["smtp-server"],
  });
  expect(played.services[0]?.dependsOn).toEqual([{ service: "mail", condition: "healthy", required: true }]);
  expect(played.notes[0]).toContain("instead of smtp-server");
});

test.each([
  ["an address in a service's variable", { MAIL_URL: "http://mail:8025" }, [80, 443, 8025]],
  ["an address without a scheme, among others", { PEERS: "db:5432,mail:26;api:1" }, [26, 80, 443]],
  ["a host and a port variable", { SMTP_HOST: "mail", SMTP_PORT: "2525" }, [80, 443, 2525]],
  ["an address of another host that ends alike", { A: "http://webmail:1, http://mail.example:2, http://mail-a:3" }, [80, 443]],
  ["a port that is none", { MAIL_URL: "mail:99999", MAIL_HOST: "mail", MAIL_PORT: "x" }, [80, 443]],
])("it listens where it is asked: %s", (_what, environment, ports) => {
  expect(portsOf(play([mock("mail")], [service("api", { environment })]))).toEqual(ports);
  expect(portsOf(play([mock("mail")], [], environment))).toEqual(ports);
});

test("it listens on the ports that dojang.yml names, and on those of the service it replaces, published as before", () => {
  const replaced = service("mail", {
    ports: [
      { container: 8025, published: 18025, protocol: "tcp" },
      { container: 53, protocol: "udp" },
    ],
    health: { probe: { kind: "tcp", port: 1025 }, intervalMs: 1, timeoutMs: 1, retries: 1, startPeriodMs: 0 },
  });

  const played = play([mock("mail", { definition: { ...definition, ports: [9000] } })], [replaced]);

  expect(portsOf(played)).toEqual([80, 443, 1025, 8025, 9000]);
  expect(played.mocks[0]?.ports.find(({ container }) => container === 8025)?.published).toBe(18025);
});

test("steps are told where each mock is", () => {
  expect(play([mock("mail"), mock("pay.example")], []).variables).toEqual({
    DOJANG_MOCK_MAIL_URL: "http://mail",
    DOJANG_MOCK_PAY_EXAMPLE_URL: "http://pay.example",
  });
});

test("the service of a mock has the mock's name, its other hosts as aliases, and a journal that no host leads to by chance", () => {
  const [planned] = play([mock("mail", { hosts: ["mail", "api.mail.example"] })], []).mocks;

  const made = mockService(planned!, []);

  expect(made).toMatchObject({ name: "mail", aliases: ["api.mail.example"], restart: { kind: "always" } });
  expect(made.ports.map(({ container }) => container)).toEqual([80, 443, journalPort]);
  expect(made.health?.probe).toMatchObject({ port: journalPort });
});
