import { foldCase } from "./case-folding.ts";
import { anyOf, EVERY, negate, range } from "./code-points.ts";
import { hasObviousMaximum } from "./length-range.ts";
import { parseClass } from "./parse-class.ts";
import { parseEscape } from "./parse-escape.ts";
import { END, isDigit, PatternReader, plain } from "./pattern-reader.ts";
import { foldingOf, propertyModeOf, type RegexFlags, withFlag } from "./regex-flags.ts";
import { type Assertion, NOTHING, type RegexNode, type RegexTree, type RepeatMode, sequence } from "./syntax-tree.ts";

/** Deeper nesting is refused: the code that walks the tree is recursive. */
const MAX_DEPTH = 250;
/** Java's largest count. */
const MAX_COUNT = 0x7fffffff;

const NO_FLAGS: RegexFlags = {
  ignoreCase: false,
  multiline: false,
  dotAll: false,
  unixLines: false,
  unicodeCase: false,
  unicodeClasses: false,
  comments: false,
};

/** Reads a regular expression as java.util.regex.Pattern does. Throws RegexSyntaxError. */
export function parseJavaRegex(source: string, flags: Partial<RegexFlags> = {}): RegexTree {
  return new Parser(source, { ...NO_FLAGS, ...flags }).parse();
}

class Parser {
  readonly #reader: PatternReader;
  readonly #names = new Map<string, number>();
  #flags: RegexFlags;
  #groups = 0;
  #depth = 0;

  constructor(source: string, flags: RegexFlags) {
    this.#reader = new PatternReader(source);
    this.#flags = flags;
    this.#reader.comments = flags.comments;
  }

  parse(): RegexTree {
    const root = this.#alternatives();
    if (this.#reader.peek() !== END) this.#reader.fail("Unmatched closing ')'");
    return { root, groupCount: this.#groups, names: this.#names };
  }

  #alternatives(): RegexNode {
    const options = [this.#sequence()];
    while (this.#reader.accept("|")) options.push(this.#sequence());
    return options.length === 1 && options[0] ? options[0] : { kind: "either", options };
  }

  #sequence(): RegexNode {
    const items: RegexNode[] = [];
    for (;;) {
      const token = this.#reader.peek();
      if (token === END || this.#reader.is("|") || this.#reader.is(")")) return sequence(items);
      const item = this.#item();
      if (item) items.push(this.#quantified(item));
    }
  }

  /** Undefined for flags alone, `(?i)`: nothing that could be quantified. */
  #item(): RegexNode | undefined {
    const reader = this.#reader;
    // A count with nothing before it repeats nothing: Java takes `{2}` and refuses `*`.
    if (reader.is("{")) return NOTHING;
    const token = reader.take();
    switch (token < 0x80 ? String.fromCodePoint(token) : "") {
      case "(":
        return this.#group();
      case "[":
        return { kind: "chars", set: parseClass(reader, this.#flags) };
      case "\\":
        return this.#escape();
      case "^":
        return this.#assertion(this.#flags.multiline ? "line-start" : "start");
      case "$":
        return this.#assertion(this.#flags.multiline ? "line-end" : "final-end");
      case ".":
        return { kind: "chars", set: this.#dot() };
      case "?":
      case "*":
      case "+":
        return reader.fail(`Dangling meta character '${String.fromCodePoint(token)}'`);
      default:
        return this.#char(plain(token));
    }
  }

  #dot() {
    if (this.#flags.dotAll) return EVERY;
    return negate(this.#flags.unixLines ? range(10) : anyOf("\n\r\u0085\u2028\u2029"));
  }

  #char(point: number): RegexNode {
    return { kind: "chars", set: foldCase(range(point), foldingOf(this.#flags)) };
  }

  #assertion(what: Assertion): RegexNode {
    return { kind: "assert", what, unixLines: this.#flags.unixLines };
  }

  #escape(): RegexNode {
    const escaped = parseEscape(this.#reader, propertyModeOf(this.#flags), "pattern");
    switch (escaped.kind) {
      case "point":
        return this.#char(escaped.point);
      case "set":
        return { kind: "chars", set: escaped.set };
      case "assert":
        return this.#assertion(escaped.what);
      case "node":
        return escaped.node;
      case "group-number":
        return this.#backreference(this.#groupNumber());
      case "group-name":
        return this.#backreference(this.#groupReference());
    }
  }

  #backreference(index: number): RegexNode {
    return { kind: "backreference", index, ignoreCase: this.#flags.ignoreCase };
  }

  /** One digit, and further ones while there are that many groups. */
  #groupNumber(): number {
    const reader = this.#reader;
    reader.back(reader.position - 1);
    let index = reader.takeRaw() - 0x30;
    while (isDigit(reader.peek()) && index * 10 + reader.peek() - 0x30 <= this.#groups) index = index * 10 + reader.take() - 0x30;
    return index;
  }

  #groupReference(): number {
    if (this.#reader.take() !== 0x3c) this.#reader.fail("\\k is not followed by '<' for named capturing group");
    const name = this.#groupName();
    return this.#names.get(name) ?? this.#reader.fail(`named capturing group <${name}> does not exist`);
  }

  /** A name and its `>`. */
  #groupName(): string {
    const reader = this.#reader;
    let name = "";
    for (let token = reader.take(); token !== 0x3e; token = reader.take()) {
      const char = token === END ? "" : String.fromCodePoint(plain(token));
      if (name === "" && !/^[A-Za-z]$/.test(char)) reader.fail("capturing group name does not start with a Latin letter");
      if (!/^[A-Za-z0-9]$/.test(char)) reader.fail("named capturing group is missing trailing '>'");
      name += char;
    }
    return name === "" ? reader.fail("capturing group name does not start with a Latin letter") : name;
  }

  /** A group, its `(` being taken. Flags set inside end with it; flags alone last. */
  #group(): RegexNode | undefined {
    const reader = this.#reader;
    if (++this.#depth > MAX_DEPTH) reader.fail(`Groups are nested more than ${MAX_DEPTH} deep`);
    const outer = this.#flags;
    const node = reader.accept("?") ? this.#specialGroup() : this.#capture(undefined);
    this.#depth--;
    if (!node) return undefined;
    if (!reader.accept(")")) reader.fail("Unclosed group", reader.position);
    this.#setFlags(outer);
    return node;
  }

  #capture(name: string | undefined): RegexNode {
    const index = ++this.#groups;
    if (name !== undefined) this.#names.set(name, index);
    return { kind: "capture", index, name, body: this.#alternatives() };
  }

  #specialGroup(): RegexNode | undefined {
    const reader = this.#reader;
    if (reader.accept(":")) return this.#alternatives();
    if (reader.accept("=")) return { kind: "look", ahead: true, negative: false, body: this.#alternatives() };
    if (reader.accept("!")) return { kind: "look", ahead: true, negative: true, body: this.#alternatives() };
    if (reader.accept(">")) return { kind: "atomic", body: this.#alternatives() };
    if (!reader.accept("<")) return this.#flagGroup();
    if (reader.accept("=")) return this.#behind(false);
    if (reader.accept("!")) return this.#behind(true);
    const name = this.#groupName();
    if (this.#names.has(name)) reader.fail(`Named capturing group <${name}> is already defined`);
    return this.#capture(name);
  }

  #behind(negative: boolean): RegexNode {
    const body = this.#alternatives();
    if (!hasObviousMaximum(body)) this.#reader.fail("Look-behind group does not have an obvious maximum length");
    return { kind: "look", ahead: false, negative, body };
  }

  #flagGroup(): RegexNode | undefined {
    const reader = this.#reader;
    if (reader.is("$") || reader.is("@")) reader.fail("Unknown group type", reader.position);
    this.#readFlags();
    if (reader.accept(")")) return undefined;
    if (!reader.accept(":")) reader.fail("Unknown inline modifier", reader.position);
    return this.#alternatives();
  }

  #readFlags(): void {
    let on = true;
    for (;;) {
      const token = this.#reader.peek();
      const letter = token > 0 && token < 0x80 ? String.fromCodePoint(token) : "";
      if (letter === "c") this.#reader.fail("The flag c (canonical equivalence) is not supported", this.#reader.position);
      const flags = withFlag(this.#flags, letter, on);
      if (!flags && !(letter === "-" && on)) return;
      this.#reader.take();
      if (flags) this.#setFlags(flags);
      else on = false;
    }
  }

  #setFlags(flags: RegexFlags): void {
    this.#flags = flags;
    this.#reader.comments = flags.comments;
  }

  /** The item with the quantifier that follows it, if one does. */
  #quantified(body: RegexNode): RegexNode {
    const reader = this.#reader;
    if (reader.accept("?")) return this.#repeat(body, 0, 1);
    if (reader.accept("*")) return this.#repeat(body, 0, Number.POSITIVE_INFINITY);
    if (reader.accept("+")) return this.#repeat(body, 1, Number.POSITIVE_INFINITY);
    if (!reader.accept("{")) return body;
    return this.#counted(body);
  }

  #counted(body: RegexNode): RegexNode {
    const reader = this.#reader;
    if (!isDigit(reader.peekRaw())) {
      reader.takeRaw();
      reader.fail("Illegal repetition");
    }
    const min = this.#count();
    let max = min;
    if (reader.accept(",")) max = isDigit(reader.peek()) ? this.#count() : reader.is("}") ? Number.POSITIVE_INFINITY : 0;
    if (!reader.accept("}")) reader.fail("Unclosed counted closure", reader.position);
    if (max < min) reader.fail("Illegal repetition range");
    return this.#repeat(body, min, max);
  }

  #count(): number {
    let count = 0;
    while (isDigit(this.#reader.peek())) {
      count = count * 10 + this.#reader.take() - 0x30;
      if (count > MAX_COUNT) this.#reader.fail("Illegal repetition range");
    }
    return count;
  }

  #repeat(body: RegexNode, min: number, max: number): RegexNode {
    let mode: RepeatMode = "greedy";
    if (this.#reader.accept("?")) mode = "lazy";
    else if (this.#reader.accept("+")) mode = "possessive";
    return { kind: "repeat", body, min, max, mode };
  }
}
