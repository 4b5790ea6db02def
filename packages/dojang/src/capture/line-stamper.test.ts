import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { preloadSource } from "./step-harness.ts";

interface Plan {
  readonly output: string | Uint8Array;
  wrote(count: number): number;
  undo(): void;
}

interface Stamper {
  stamp(chunk: string | Uint8Array, id: string): string | Uint8Array;
  pass<T>(chunk: T): T;
  plan(data: string | Uint8Array, id: string): Plan;
}

const { lineStamper } = (await import(pathToFileURL(`${preloadSource}/service/line-stamper.mjs`).href)) as { lineStamper: () => Stamper };
const a = "a".repeat(32);
const b = "b".repeat(32);
const mark = (id: string) => `\u0001${id}\u0002`;

describe("stamping the lines of a descriptor", () => {
  it("marks each line at its start, also when a line comes in parts", () => {
    const stamper = lineStamper();
    expect(stamper.stamp("one\ntwo\nthr", a)).toBe(`${mark(a)}one\n${mark(a)}two\n${mark(a)}thr`);
    expect(stamper.stamp("ee\n\nfour\n", b)).toBe(`ee\n\n${mark(b)}four\n`);
    expect(stamper.pass("no request, ")).toBe("no request, ");
    expect(stamper.stamp("same line\n", b)).toBe("same line\n");
  });

  it("takes bytes and gives back the same bytes between the marks", () => {
    const bytes = Buffer.from("한글\n\u00ff\n");
    const stamped = Buffer.from(lineStamper().stamp(bytes, a) as Uint8Array).toString("utf8");
    expect(stamped).toBe(`${mark(a)}한글\n${mark(a)}\u00ff\n`);
  });

  it("leaves a line that is marked already", () => {
    expect(lineStamper().stamp(`${mark(b)}from a worker\n`, a)).toBe(`${mark(b)}from a worker\n`);
  });

  it("loses and doubles nothing when a descriptor takes only some of the bytes, wherever it stops", () => {
    for (const data of ["ab한\ncd\n\nef\n", Buffer.from("ab한\ncd\n\nef\n")]) {
      const whole = Buffer.from(lineStamper().plan(data, a).output);
      for (let stop = 0; stop <= whole.length; stop++) {
        const stamper = lineStamper();
        const source = Buffer.from(data);
        const first = stamper.plan(data, a);
        const written = [Buffer.from(first.output).subarray(0, stop)];
        const own = first.wrote(stop);
        const rest = stamper.plan(source.subarray(own), a);
        written.push(Buffer.from(rest.output));
        expect(rest.wrote(Buffer.from(rest.output).length)).toBe(source.length - own);
        expect(Buffer.concat(written).toString("utf8")).toBe(whole.toString("utf8"));
      }
    }
  });

  it("marks the line again when nothing went out", () => {
    const stamper = lineStamper();
    stamper.plan("one\n", a).undo();
    expect(stamper.plan("one\n", a).output).toBe(`${mark(a)}one\n`);
  });
});
