import { type Helper, type HelperCall, type Helpers, helperError } from "../evaluation/helper.ts";
import { javaTrim } from "../language/java-space.ts";
import { BigDecimal } from "../values/big-decimal.ts";
import { JavaDouble } from "../values/java-double.ts";
import { JavaException, nullPointer } from "../values/java-exception.ts";
import type { Value } from "../values/value.ts";
import { option, param, textArgument, textOf, textOption } from "./arguments.ts";
import { numberFormat } from "./number-format.ts";

export const valueHelpers: Helpers = new Map<string, Helper>([
  ["assign", assign],
  ["val", val],
  ["math", math],
  ["numberFormat", numberFormat],
  ["hostname", (_context, call) => call.rendering.world.hostname()],
  ["systemValue", (_context, call) => systemValue(call)],
]);

/** `{{#assign 'name'}}text{{/assign}}`: the trimmed text as a variable. */
function assign(name: Value, call: HelperCall): Value {
  const variable = textArgument(name);
  const text = javaTrim(call.body());
  if (variable !== null) call.scope.variables.set(variable, text);
  return null;
}

function val(context: Value, call: HelperCall): Value {
  const value = context ?? option(call, "or") ?? option(call, "default");
  const name = textOption(call, "assign");
  if (name === null) return value;
  call.scope.variables.set(name, value);
  return null;
}

function math(context: Value, call: HelperCall): Value {
  if (call.params.length !== 2) return helperError("All maths functions require two operands and an operator as parameters e.g. 3 '+' 2");
  const left = decimalOf(context, call);
  const sign = param(call, 0);
  if (sign === null) throw nullPointer("Object.toString()", "options.params[0]");
  const operator = textOf(sign, call);
  const right = decimalOf(param(call, 1), call);
  switch (operator) {
    case "+":
      return reduced(left.add(right));
    case "-":
      return reduced(left.subtract(right));
    case "*":
    case "x":
      return reduced(left.multiply(right));
    case "/":
      return reduced(left.divide(right) ?? divisionByZero("/ by zero"));
    case "%":
      return reduced(left.remainder(right) ?? divisionByZero(left.unscaled === 0n ? "Division undefined" : "Division by zero"));
    default:
      return helperError(`${operator} is not a valid mathematical operator`);
  }
}

function divisionByZero(message: string): never {
  throw new JavaException("java.lang.ArithmeticException", message);
}

/** What is no number counts as 0. */
function decimalOf(value: Value, call: HelperCall): BigDecimal {
  if (value === null) throw nullPointer("Object.toString()", "value");
  if (value instanceof BigDecimal) return value;
  if (value instanceof JavaDouble && !Number.isFinite(value.value)) throw new JavaException("java.lang.NumberFormatException");
  return BigDecimal.parse(textOf(value, call)) ?? new BigDecimal(0n, 0);
}

/** Whole results are whole numbers of 64 bits, which wrap; all others are doubles. */
function reduced(value: BigDecimal): Value {
  if (value.scale !== 0) return new JavaDouble(value.toNumber());
  const wrapped = BigInt.asIntN(64, value.unscaled);
  const number = Number(wrapped);
  return Number.isSafeInteger(number) ? number : wrapped;
}

function systemValue(call: HelperCall): Value {
  const key = textOption(call, "key") ?? "";
  const type = textOption(call, "type") ?? "ENVIRONMENT";
  const fallback = textOption(call, "default");
  const { world } = call.rendering;
  if (key === "") return helperError("The key cannot be empty");
  if (!world.isPermittedSystemKey(key)) return helperError(`Access to ${key} is denied`);
  if (type === "ENVIRONMENT") return world.environment(key) ?? fallback;
  // Properties are Java's; there are none here.
  return type === "PROPERTY" ? fallback : "";
}
