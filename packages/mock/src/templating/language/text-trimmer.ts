import { stripEnd, stripStart } from "./java-space.ts";
import type { Token } from "./token.ts";

/** A text node that can still lose its ends. */
export interface MutableText {
  readonly kind: "text";
  text: string;
}

/**
 * White space around tags: `{{~` strips the text token right before it, `~}}` the one right after. A comment with a `~` anywhere
 * strips both, as long as some tag of the template has one too; whether one has is known at the end.
 */
export class TextTrimmer {
  readonly #afterAll: { readonly node: MutableText; readonly strip: (text: string) => string }[] = [];
  #before: MutableText | undefined;
  #trimNext = false;
  #afterComment = false;

  text(token: Token): MutableText {
    const node: MutableText = { kind: "text", text: this.#trimNext ? stripStart(token.text) : token.text };
    if (this.#afterComment) this.#afterAll.push({ node, strip: stripStart });
    this.#pass();
    this.#before = node;
    return node;
  }

  comment(token: Token): void {
    const before = this.#before;
    this.#pass();
    if (!token.text.includes("~")) return;
    if (before) this.#afterAll.push({ node: before, strip: stripEnd });
    this.#afterComment = true;
  }

  /** The first token of a tag. Not every tag trims. */
  opened(token: Token, trims: boolean): void {
    if (trims && this.#before && token.text.indexOf("~") > 0) this.#before.text = stripEnd(this.#before.text);
    this.#pass();
  }

  /** The last token of a tag that trims. */
  closed(token: Token): void {
    this.#trimNext = token.text.includes("~");
  }

  finish(someTagTrims: boolean): void {
    if (someTagTrims) for (const { node, strip } of this.#afterAll) node.text = strip(node.text);
  }

  #pass(): void {
    this.#before = undefined;
    this.#trimNext = false;
    this.#afterComment = false;
  }
}
