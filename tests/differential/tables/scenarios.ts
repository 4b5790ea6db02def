import { admin } from "../cases.ts";
import type { Json } from "../json.ts";
import type { NamedCase } from "./named-case.ts";

const get = (url: string) => ({ method: "GET", url });
const stub = (url: string, body: string, more: { readonly [key: string]: Json } = {}): Json => ({
  request: { method: "GET", url },
  response: { status: 200, body },
  ...more,
});
const post = (...stubs: readonly Json[]) => stubs.map((one) => admin("POST", "/mappings", one));
const inScenario = (scenarioName: string, requiredScenarioState?: string, newScenarioState?: string) => ({
  scenarioName,
  ...(requiredScenarioState === undefined ? {} : { requiredScenarioState }),
  ...(newScenarioState === undefined ? {} : { newScenarioState }),
});

export const scenarioCases: readonly NamedCase[] = [
  {
    title: "a scenario goes from state to state",
    steps: [
      ...post(
        stub("/s", "1", inScenario("s", "Started", "two")),
        stub("/s", "2", inScenario("s", "two", "three")),
        stub("/s", "3", inScenario("s", "three")),
      ),
      admin("GET", "/scenarios"),
      ...[1, 2, 3, 4].map(() => get("/s")),
      admin("GET", "/scenarios"),
      admin("POST", "/scenarios/reset"),
      get("/s"),
      admin("PUT", "/scenarios/s/state", { state: "three" }),
      get("/s"),
      admin("PUT", "/scenarios/s/state"),
      get("/s"),
      admin("PUT", "/scenarios/s/state", { state: "no such state" }),
      admin("PUT", "/scenarios/none/state", { state: "two" }),
      admin("PUT", "/scenarios/none/state"),
      admin("DELETE", "/mappings"),
      admin("GET", "/scenarios"),
    ],
  },
  {
    title: "two scenarios do not know each other, and names may hold anything",
    steps: [
      ...post(
        stub("/s", "1", inScenario("a b/ü", "Started", "two")),
        stub("/s", "2", inScenario("other", "Started", "two")),
        stub("/s", "3", inScenario("a b/ü", "two")),
      ),
      ...[1, 2, 3].map(() => get("/s")),
      admin("GET", "/scenarios"),
      admin("PUT", "/scenarios/a%20b%2F%C3%BC/state", { state: "two" }),
      admin("PUT", "/scenarios/other/state", { state: "Started" }),
      admin("GET", "/scenarios"),
    ],
  },
  {
    title: "a scenario without states is always met",
    steps: [...post(stub("/s", "1", inScenario("s"))), get("/s"), admin("GET", "/scenarios")],
  },
  {
    title: "the newest stub of equal priority wins, then the lowest number",
    steps: [
      ...post(
        stub("/p", "old"),
        stub("/p", "new"),
        stub("/p", "first", { priority: 1 }),
        stub("/p", "six", { priority: 6 }),
        stub("/p", "five", { priority: 5 }),
      ),
      get("/p"),
      admin("GET", "/mappings"),
    ],
  },
  {
    title: "the page for a miss names the state that stands in the way",
    steps: [
      ...post(stub("/s", "1", inScenario("s", "two")), stub("/s", "2", inScenario("s", "three", "two"))),
      get("/s"),
      get("/t"),
      admin("GET", "/requests/unmatched/near-misses"),
    ],
  },
  {
    title: "removing a stub ends its scenario",
    steps: [
      ...post(stub("/s", "1", { ...inScenario("s", "Started", "two"), id: "11111111-0000-4000-8000-000000000001" })),
      get("/s"),
      admin("DELETE", "/mappings/11111111-0000-4000-8000-000000000001"),
      admin("GET", "/scenarios"),
      ...post(stub("/s", "1", inScenario("s", "Started", "two"))),
      admin("GET", "/scenarios"),
      get("/s"),
    ],
  },
];
