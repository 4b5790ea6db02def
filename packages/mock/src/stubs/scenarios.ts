import type { StubMapping } from "../mapping/stub-mapping.ts";
import type { Scenario } from "./stub-store.ts";

const started = "Started";

/**
 * The scenarios that stubs name: each is a state and the stubs that ask for it or change it. It begins with its first stub, in
 * the state Started, keeps its state while stubs come, go and are edited, and ends with its last stub.
 */
export class Scenarios {
  readonly #scenarios = new Map<string, { state: string; readonly stubs: Map<string, StubMapping> }>();

  add(stub: StubMapping): void {
    if (stub.scenarioName === undefined) return;
    let scenario = this.#scenarios.get(stub.scenarioName);
    if (scenario === undefined) {
      scenario = { state: started, stubs: new Map() };
      this.#scenarios.set(stub.scenarioName, scenario);
    }
    scenario.stubs.set(stub.id, stub);
  }

  remove(stub: StubMapping): void {
    if (stub.scenarioName === undefined) return;
    const scenario = this.#scenarios.get(stub.scenarioName);
    scenario?.stubs.delete(stub.id);
    if (scenario?.stubs.size === 0) this.#scenarios.delete(stub.scenarioName);
  }

  /** A scenario that both belong to goes on as it is, also when it has no other stub. */
  replace(old: StubMapping, stub: StubMapping): void {
    this.add(stub);
    if (old.scenarioName !== stub.scenarioName) this.remove(old);
  }

  clear(): void {
    this.#scenarios.clear();
  }

  /** Whether its scenario is in the state that a stub asks for. */
  allows({ scenarioName, requiredScenarioState }: StubMapping): boolean {
    if (scenarioName === undefined || requiredScenarioState === undefined) return true;
    return this.#scenarios.get(scenarioName)?.state === requiredScenarioState;
  }

  /** Takes the scenario of a stub that answers to its new state. */
  advance({ scenarioName, newScenarioState }: StubMapping): void {
    if (scenarioName === undefined || newScenarioState === undefined) return;
    const scenario = this.#scenarios.get(scenarioName);
    if (scenario) scenario.state = newScenarioState;
  }

  all(): readonly Scenario[] {
    return [...this.#scenarios].map(([name, { state, stubs }]) => {
      const mappings = [...stubs.values()];
      return { id: name, name, state, possibleStates: statesOf(mappings), mappings };
    });
  }

  stateOf(name: string): string | undefined {
    return this.#scenarios.get(name)?.state;
  }

  reset(): void {
    for (const scenario of this.#scenarios.values()) scenario.state = started;
  }

  /** False when there is no such scenario; undefined is the state Started. */
  setState(name: string, state: string | undefined): boolean {
    const scenario = this.#scenarios.get(name);
    if (scenario === undefined) return false;
    if (state !== undefined && !statesOf([...scenario.stubs.values()]).includes(state)) {
      throw new RangeError(`Scenario ${name} does not support state ${state}`);
    }
    scenario.state = state ?? started;
    return true;
  }
}

/** Every state that a stub asks for or leads to. */
function statesOf(stubs: readonly StubMapping[]): readonly string[] {
  const states = [...stubs.map((stub) => stub.requiredScenarioState), ...stubs.map((stub) => stub.newScenarioState)];
  return [...new Set(states.filter((state) => state !== undefined))];
}
