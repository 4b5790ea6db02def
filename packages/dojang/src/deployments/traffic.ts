import { open, stat } from "node:fs/promises";
import type { SiteWork, TrafficFigures } from "./site-work.ts";

interface Line {
  readonly at: number;
  readonly slot: number;
  readonly status: number;
  readonly ms: number;
}

const readAtOnce = 4 * 1024 * 1024;
/** What is older is forgotten, and there are never more lines than this: the newest count. */
const mostLines = 200_000;

/** Reads what nginx adds to its log from now on, each time it is asked; a log that was put aside is begun anew. */
export function openTraffic(path: string, site: string): SiteWork["traffic"] {
  let inode: number | undefined;
  let position = 0;
  let half = "";
  let lines: Line[] = [];

  async function readNew(): Promise<void> {
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) return;
    if (found.ino !== inode || found.size < position) {
      // Where it ends when it is first looked at, but no further back than one reading: the step may have begun before.
      position = inode === undefined ? Math.max(0, found.size - readAtOnce) : 0;
      half = "";
      inode = found.ino;
    }
    await using file = await open(path);
    const buffer = Buffer.alloc(readAtOnce);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, readAtOnce, position);
      if (bytesRead === 0) break;
      position += bytesRead;
      const parts = (half + buffer.toString("utf8", 0, bytesRead)).split("\n");
      half = parts.pop() ?? "";
      for (const part of parts) {
        const line = parse(part, site);
        if (line !== undefined) lines.push(line);
      }
      if (lines.length > mostLines) lines = lines.slice(-mostLines);
    }
  }

  return async ({ since, slots }) => {
    await readNew();
    return summarize(lines.filter((line) => line.at >= since && (slots === undefined || slots.includes(line.slot))));
  };
}

function summarize(lines: readonly Line[]): TrafficFigures {
  const times = lines.map(({ ms }) => ms).sort((a, b) => a - b);
  return {
    requests: lines.length,
    failed: lines.filter(({ status }) => status >= 500).length,
    p95Ms: times[Math.ceil(times.length * 0.95) - 1],
  };
}

/** Of another site, or no request that a release answered: undefined. */
function parse(text: string, site: string): Line | undefined {
  try {
    const line = JSON.parse(text) as Readonly<Record<string, string>>;
    if (line.site !== site || line.slot === undefined || !/^\d\d$/.test(line.slot)) return undefined;
    return { at: Number(line.at) * 1000, slot: Number(line.slot), status: Number(line.status), ms: Number(line.seconds) * 1000 };
  } catch {
    return undefined;
  }
}
