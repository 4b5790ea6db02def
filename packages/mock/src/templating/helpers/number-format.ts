import type { HelperCall } from "../evaluation/helper.ts";
import { BigDecimal } from "../values/big-decimal.ts";
import { isNumeric, type NumericValue } from "../values/compare.ts";
import { JavaDouble } from "../values/java-double.ts";
import { illegalArgument } from "../values/java-exception.ts";
import type { Value } from "../values/value.ts";
import { booleanOption, intOption, paramOr, textArgument, textOf, textOption } from "./arguments.ts";
import { type DecimalForm, type DecimalSymbols, formatDecimal, MAX_DIGITS } from "./decimal-format.ts";
import { parseDecimalPattern } from "./decimal-pattern.ts";
import { DEFAULT_LOCALE, intlLocale, regionOf } from "./java-locale.ts";
import { exactDecimal, ROUNDING_MODES, type RoundingMode } from "./rounding.ts";

/** `{{numberFormat n 'integer'|'percent'|'currency'|'#,##0.00' 'de_DE' maximumFractionDigits=1 roundingMode='floor'}}`. */
export function numberFormat(context: Value, call: HelperCall): Value {
  if (!isNumeric(context)) {
    const instead = paramOr(call, 0, null);
    return instead === null ? null : textOf(instead, call);
  }
  if (context instanceof JavaDouble && !Number.isFinite(context.value)) return nonFinite(context.value);
  return formatDecimal(decimalOf(context), withOptions(formOf(call), call));
}

function nonFinite(value: number): string {
  return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "-∞";
}

function decimalOf(value: NumericValue): BigDecimal {
  if (value instanceof BigDecimal) return value;
  return value instanceof JavaDouble ? exactDecimal(value.value) : new BigDecimal(BigInt(value), 0);
}

function formOf(call: HelperCall): DecimalForm {
  const [format, locale] = call.params;
  if (format === undefined) return parseDecimalPattern("#,##0.###", symbolsOf(DEFAULT_LOCALE));
  if (typeof format !== "string") throw illegalArgument(`found '${format === null ? "null" : textOf(format, call)}', expected 'string'`);
  const name = textArgument(locale ?? null) ?? DEFAULT_LOCALE;
  switch (format.toUpperCase().trim()) {
    case "DEFAULT":
      return parseDecimalPattern("#,##0.###", symbolsOf(name));
    case "INTEGER":
      return parseDecimalPattern("#,##0", symbolsOf(name));
    case "PERCENT":
      return { ...parseDecimalPattern("#,##0%", symbolsOf(name)), ...affixesOf(name, { style: "percent" }) };
    case "CURRENCY":
      return currencyForm(name);
    default:
      return parseDecimalPattern(format, symbolsOf(name));
  }
}

function currencyForm(locale: string): DecimalForm {
  const currency = CURRENCIES.get(regionOf(locale)) ?? "XXX";
  const digits = new Intl.NumberFormat(intlLocale(locale), { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
  const form = parseDecimalPattern(digits === 0 ? "#,##0" : `#,##0.${"0".repeat(digits)}`, symbolsOf(locale));
  return { ...form, ...affixesOf(locale, { style: "currency", currency }) };
}

/** What a locale puts around a percentage or a price. */
function affixesOf(locale: string, options: Intl.NumberFormatOptions) {
  const format = new Intl.NumberFormat(intlLocale(locale), { ...options, minimumFractionDigits: 0, maximumFractionDigits: 0 });
  const around = (value: number) => {
    const [before = "", after = ""] = format.format(value).split(/\d+/);
    return { before, after };
  };
  const positive = around(1);
  const negative = around(-1);
  return { prefix: positive.before, suffix: positive.after, negativePrefix: negative.before, negativeSuffix: negative.after };
}

/** What nearly every call asks for, without asking Intl. */
const ENGLISH: DecimalSymbols = { decimal: ".", group: ",", minus: "-", percent: "%", perMille: "‰", currency: "¤" };

function symbolsOf(locale: string): DecimalSymbols {
  if (locale === DEFAULT_LOCALE) return ENGLISH;
  const parts = new Intl.NumberFormat(intlLocale(locale), { minimumFractionDigits: 1 }).formatToParts(-12345678.9);
  const part = (type: Intl.NumberFormatPartTypes, fallback: string) => parts.find((one) => one.type === type)?.value ?? fallback;
  const currency = CURRENCIES.get(regionOf(locale)) ?? "XXX";
  const sign = new Intl.NumberFormat(intlLocale(locale), { style: "currency", currency })
    .formatToParts(1)
    .find((one) => one.type === "currency");
  return {
    decimal: part("decimal", "."),
    group: part("group", ","),
    minus: part("minusSign", "-"),
    percent: "%",
    perMille: "‰",
    currency: sign?.value ?? currency,
  };
}

function withOptions(form: DecimalForm, call: HelperCall): DecimalForm {
  const grouping = booleanOption(call, "groupingUsed");
  const maxFraction = digitsOption(call, "maximumFractionDigits") ?? form.maxFraction;
  const maxInteger = digitsOption(call, "maximumIntegerDigits") ?? form.maxInteger;
  const minFraction = digitsOption(call, "minimumFractionDigits") ?? Math.min(form.minFraction, maxFraction);
  const minInteger = digitsOption(call, "minimumIntegerDigits") ?? Math.min(form.minInteger, maxInteger);
  return {
    ...form,
    groupSize: grouping === false ? 0 : form.groupSize,
    minFraction,
    minInteger,
    maxFraction: Math.max(maxFraction, minFraction),
    maxInteger: Math.max(maxInteger, minInteger),
    rounding: roundingOption(call) ?? form.rounding,
  };
}

function digitsOption(call: HelperCall, name: string): number | undefined {
  const digits = intOption(call, name);
  return digits === null ? undefined : Math.max(0, Math.min(digits, MAX_DIGITS));
}

function roundingOption(call: HelperCall): RoundingMode | undefined {
  const given = textOption(call, "roundingMode")?.toUpperCase().trim();
  if (given === undefined) return undefined;
  const mode = ROUNDING_MODES.find((one) => one === given);
  if (!mode) throw illegalArgument(`No enum constant java.math.RoundingMode.${given}`);
  return mode;
}

/** Currencies by country, for the countries people test with; others print their sign for none. */
const CURRENCIES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    USD: "US",
    GBP: "GB",
    EUR: "DE FR ES IT NL BE AT IE PT FI GR LU",
    JPY: "JP",
    KRW: "KR",
    CNY: "CN",
    TWD: "TW",
    HKD: "HK",
    INR: "IN",
    BRL: "BR",
    CHF: "CH",
    CAD: "CA",
    AUD: "AU",
    NZD: "NZ",
    SEK: "SE",
    NOK: "NO",
    DKK: "DK",
    PLN: "PL",
    CZK: "CZ",
    HUF: "HU",
    TRY: "TR",
    RUB: "RU",
    UAH: "UA",
    MXN: "MX",
    ZAR: "ZA",
    SGD: "SG",
    ILS: "IL",
    THB: "TH",
    VND: "VN",
    IDR: "ID",
  }).flatMap(([currency, countries]) => countries.split(" ").map((country) => [country, currency] as const)),
);
