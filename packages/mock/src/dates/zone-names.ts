import { type Zone, zoneOf } from "./zone.ts";

/** The zone whose name a text begins with, and the name's length. Daylight saving in the name says nothing: the region's rules do. */
export function zoneNamed(text: string): { readonly zone: Zone; readonly length: number } | undefined {
  const word = /^[A-Za-z]+(?![A-Za-z/])/.exec(text)?.[0] ?? "";
  const region = REGIONS.find(([, short]) => short.includes(word))?.[0];
  if (region !== undefined && word !== "") return { zone: zoneOf(region), length: word.length };
  for (const [id, , full] of REGIONS) {
    const name = full && LONG_NAMES.exec(text)?.[0];
    if (name !== undefined && full && name.startsWith(full) && name.length > full.length) return { zone: zoneOf(id), length: name.length };
  }
  return undefined;
}

const LONG_NAMES = /^[A-Z][a-z]+(?: [A-Z][a-z]+)*? (?:Standard |Daylight |Summer )?Time(?![A-Za-z])/;

/** The regions Java takes short names for, and the beginning of their long names. Left out are names it takes for far-off places (BST, IST). */
const REGIONS: readonly (readonly [string, readonly string[], string?])[] = [
  ["UTC", ["UTC"], "Coordinated Universal"],
  ["GMT", ["GMT"], "Greenwich Mean"],
  ["America/New_York", ["EST", "EDT", "ET"], "Eastern"],
  ["America/Chicago", ["CST", "CDT", "CT"], "Central"],
  ["America/Denver", ["MST", "MDT"], "Mountain"],
  ["America/Los_Angeles", ["PST", "PDT", "PT"], "Pacific"],
  ["America/Juneau", ["AKST", "AKDT"], "Alaska"],
  ["Pacific/Honolulu", ["HST"], "Hawaii-Aleutian"],
  ["America/Halifax", ["AST", "ADT"], "Atlantic"],
  ["Europe/Paris", ["CET", "CEST"], "Central European"],
  ["Europe/Bucharest", ["EET", "EEST"], "Eastern European"],
  ["Europe/Moscow", ["MSK"], "Moscow"],
  ["Asia/Seoul", ["KST"], "Korean"],
  ["Asia/Tokyo", ["JST"], "Japan"],
  ["Asia/Singapore", ["SGT"], "Singapore"],
  ["Asia/Hong_Kong", ["HKT"], "Hong Kong"],
  ["Asia/Bangkok", ["ICT"], "Indochina"],
  ["Asia/Karachi", ["PKT"], "Pakistan"],
  ["Australia/Sydney", ["AEST", "AEDT"], "Australian Eastern"],
  ["Australia/Perth", ["AWST"], "Australian Western"],
  ["Pacific/Auckland", ["NZST", "NZDT"], "New Zealand"],
  ["America/Sao_Paulo", ["BRT"], "Brasilia"],
  ["Africa/Johannesburg", ["SAST"], "South Africa"],
];
