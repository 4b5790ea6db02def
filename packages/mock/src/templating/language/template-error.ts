import { javaStringHash } from "../values/java-hash.ts";

/** A template that cannot be compiled or whose evaluation failed: no text comes out of it. */
export class TemplateError extends Error {
  override readonly name = "TemplateError";
  /** `3:14: found: '}}}', expected: '}}'`: what WireMock answers, without the name it gives the template. */
  readonly summary: string;
  /** Whether it was noticed before anything was evaluated. */
  readonly phase: "compile" | "render";

  constructor(options: { readonly message: string; readonly phase: "compile" | "render"; readonly cause?: unknown }) {
    super(options.message, { cause: options.cause });
    this.phase = options.phase;
    this.summary = options.message.replaceAll(/inline@[a-z0-9]+:/g, "").replaceAll(/\n.*/g, "");
  }
}

/** A place in a template: lines from 1, columns from 0. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** The name Handlebars.java gives a template without one; it is part of its messages. */
export function templateName(source: string): string {
  return `inline@${Math.abs(javaStringHash(source)).toString(16)}`;
}
