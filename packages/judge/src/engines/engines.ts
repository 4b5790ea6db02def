import type { Language } from "../contract.ts";
import type { Engine } from "./engine.ts";
import { createPythonEngine } from "./python-engine.ts";
import { createTypeScriptEngine } from "./typescript-engine.ts";

export interface EngineOptions {
  /** An interpreter with pytest that every user of the machine may run; found when nothing is said. */
  readonly python?: string;
}

/** One for all submissions of a language: it holds what was found on this machine and nothing of any of them. */
export function createEngine(language: Language, options: EngineOptions = {}): Promise<Engine> {
  return language === "python" ? createPythonEngine(options) : createTypeScriptEngine();
}
