import type { Coverage, FileCoverage } from "@dojang/model";
import { DamagedReport } from "./damaged-report.ts";
import { mergeCoverage } from "./merge-coverage.ts";
import { type PathRoots, repositoryPath } from "./source-path.ts";
import { childrenNamed, parseXml, type XmlElement } from "./xml-document.ts";

/** Cobertura's coverage-04.dtd. Lines are those of classes; a file with several classes is merged. */
export function readCobertura(content: Uint8Array, roots: PathRoots): Coverage {
  const root = parseXml(content);
  if (root.name !== "coverage") throw new DamagedReport(`the root element is <${root.name}>, not <coverage>`);
  const sources = childrenNamed(root, "sources").flatMap((list) => childrenNamed(list, "source").map((source) => source.text.trim()));
  const files = descendants(root, "class").map((element): FileCoverage => {
    const filename = element.attributes.filename ?? "";
    return { path: repositoryPath(filename, roots, sources), hits: hitsOf(element) };
  });
  return mergeCoverage([{ files: files.filter((file) => file.path !== "") }]);
}

/** Only the class's own `lines`: those under its methods repeat them. */
function hitsOf(element: XmlElement): Record<number, number> {
  const hits: Record<number, number> = {};
  for (const line of childrenNamed(element, "lines").flatMap((lines) => childrenNamed(lines, "line"))) {
    const number = Number(line.attributes.number);
    const count = Number(line.attributes.hits);
    if (!Number.isSafeInteger(number) || !Number.isFinite(count))
      throw new DamagedReport(`a <line> of ${element.attributes.filename} has no number or no hits`);
    hits[number] = Math.max(hits[number] ?? 0, count);
  }
  return hits;
}

function descendants(element: XmlElement, name: string): XmlElement[] {
  return element.children.flatMap((child) => (child.name === name ? [child] : descendants(child, name)));
}
