import { prettyJson } from "../mapping/pretty-json.ts";
import type { AdminResponse } from "./admin-response.ts";

/**
 * `{ name: items, ...rest }` as JSON, for lists that may be long: items are made, printed and turned into bytes one after another,
 * so that of a journal of 64 MiB there is never more than its bytes in memory.
 */
export function listAnswer(name: string, items: Iterable<unknown>, rest: Readonly<Record<string, unknown>> = {}): AdminResponse {
  const pieces = new Pieces();
  pieces.add(`{\n  ${JSON.stringify(name)} : [ `);
  let separator = "";
  for (const item of items) {
    pieces.add(separator);
    pieces.add(prettyJson(item, "  "));
    separator = ", ";
  }
  // WireMock writes an empty list as `[ ]`, and any other with a space before its end.
  pieces.add(separator === "" ? "]" : " ]");
  for (const [key, value] of Object.entries(rest)) pieces.add(`,\n  ${JSON.stringify(key)} : ${prettyJson(value, "  ")}`);
  pieces.add("\n}");
  return { status: 200, headers: [{ name: "Content-Type", value: "application/json" }], body: pieces.bytes() };
}

/** Each item as it is printed, made when its turn comes. */
export function* printed<Item>(items: Iterable<Item>, print: (item: Item) => unknown): Iterable<unknown> {
  for (const item of items) yield print(item);
}

class Pieces {
  readonly #done: Buffer[] = [];
  #text = "";

  add(text: string): void {
    this.#text += text;
    if (this.#text.length < pieceLength) return;
    this.#done.push(Buffer.from(this.#text));
    this.#text = "";
  }

  bytes(): Buffer {
    this.#done.push(Buffer.from(this.#text));
    return Buffer.concat(this.#done);
  }
}

const pieceLength = 256 * 1024;
