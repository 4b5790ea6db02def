import { nearestName, Problem } from "@dojang/model";
import prices from "./prices.v1.json" with { type: "json" };

/** US dollars for a million tokens. */
export interface ModelPrice {
  readonly input: number;
  readonly output: number;
  /** Of the table, or "given". */
  readonly from: string;
}

export interface PriceQuestion {
  readonly host: string;
  readonly model: string;
  readonly given: { readonly input?: number; readonly output?: number };
}

/** Nothing when it is not known: no price is guessed, neither from a similar name nor for another host. */
export function findPrice({ host, model, given }: PriceQuestion): ModelPrice | undefined {
  if (given.input !== undefined && given.output !== undefined) return { input: given.input, output: given.output, from: "given" };
  if (given.input !== undefined || given.output !== undefined)
    throw new Problem({
      code: "price-half",
      exit: "configuration",
      message: `only ${given.input === undefined ? "--price-out" : "--price-in"} is given`,
      fix: "give both --price-in and --price-out, in US dollars for a million tokens",
    });
  const models = modelsOf(host);
  const found = Object.hasOwn(models, model) ? models[model] : undefined;
  return found && { ...found, from: `prices.v${prices.version}, read ${prices.read}` };
}

export function noPrice({ host, model }: PriceQuestion): Problem {
  const near = nearestName(model, Object.keys(modelsOf(host)));
  return new Problem({
    code: "price-unknown",
    exit: "configuration",
    message: `what ${model} costs at ${host} is not known, so --budget cannot be kept`,
    fix: `${near === undefined ? "" : `did you mean ${near}? else `}give --price-in and --price-out (US dollars for a million tokens), or a cap of tokens: --budget-tokens`,
  });
}

function modelsOf(host: string): Readonly<Record<string, { readonly input: number; readonly output: number }>> {
  const hosts: Readonly<Record<string, { readonly models: Readonly<Record<string, { input: number; output: number }>> }>> = prices.hosts;
  return Object.hasOwn(hosts, host) ? (hosts[host]?.models ?? {}) : {};
}
