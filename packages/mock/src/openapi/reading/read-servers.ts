import { child, type DocumentNode, entries, isMapping, items, ownValue } from "../documents/document-node.ts";
import type { DocumentReader } from "./document-reader.ts";

/** Where operations are served: a path in front of theirs, and the host that a caller may name. */
export interface ServerBase {
  /** Without the last slash: `/v1`, or empty. `{}` stands for a variable that may be anything. */
  readonly path: string;
  /** Lower case, without port; `{}` as in the path. Undefined for a server that is relative. */
  readonly host: string | undefined;
}

const mostBases = 64;
const anyBase: readonly ServerBase[] = [{ path: "", host: undefined }];

/** Undefined when `servers` is not said there, so that what holds around it holds. */
export function readServers(reader: DocumentReader, parent: DocumentNode): readonly ServerBase[] | undefined {
  const servers = child(parent, "servers");
  if (servers.value === undefined) return undefined;
  if (!Array.isArray(servers.value)) {
    reader.wrong(servers, "`servers` must be a list", "write each server after a `-`");
    return undefined;
  }
  const bases = new Map<string, ServerBase>();
  for (const node of items(servers)) {
    const url = isMapping(node.value) ? reader.text(node, "url") : undefined;
    if (url === undefined) {
      reader.wrong(node, "a server must have a `url`", "write it as `url: https://api.example.com/v1`");
      continue;
    }
    for (const written of withVariables(reader, node, url)) {
      const base = toBase(written);
      if (bases.size < mostBases) bases.set(`${base.host} ${base.path}`, base);
    }
  }
  return bases.size === 0 ? anyBase : [...bases.values()];
}

export { anyBase };

/** Every address that the variables allow: of a list each value, of a free one its default and anything else. */
function withVariables(reader: DocumentReader, server: DocumentNode, url: string): readonly string[] {
  const variables = child(server, "variables");
  let written = [url];
  for (const [, name] of url.matchAll(/\{([^{}]*)\}/g)) {
    if (name === undefined) continue;
    const values = valuesOf(reader, child(variables, name)) ?? [];
    if (isMapping(variables.value) && ownValue(variables.value, name) === undefined) {
      const known = entries(variables).map(([key]) => key);
      reader.report(server, {
        key: "url",
        code: "ref-unknown",
        message: `the address names a variable "${name}" that is not there`,
        fix: `declare it below \`variables:\`; there ${known.length === 1 ? "is" : "are"} ${known.join(", ") || "none"}`,
      });
    }
    const options = values.length === 0 ? ["{}"] : values;
    written = written.flatMap((each) => options.map((option) => each.replaceAll(`{${name}}`, option))).slice(0, mostBases);
  }
  return written;
}

function valuesOf(reader: DocumentReader, variable: DocumentNode): readonly string[] | undefined {
  if (!isMapping(variable.value)) return undefined;
  const listed = reader
    .list(variable, "enum")
    .flatMap(({ value }) => (typeof value === "string" || typeof value === "number" ? [String(value)] : []));
  if (listed.length > 0) return listed;
  const standard = child(variable, "default").value;
  return standard === undefined ? undefined : [String(standard), "{}"];
}

function toBase(url: string): ServerBase {
  const absolute = /^(?:[a-z][a-z0-9+.-]*:)?\/\/([^/?#]*)([^?#]*)/i.exec(url);
  const host = absolute?.[1]
    ?.replace(/^.*@/, "")
    .replace(/:[^:\]]*$/, "")
    .toLowerCase();
  const path = (absolute === null ? url.replace(/[?#].*$/, "") : (absolute[2] ?? "")).replace(/\/+$/, "");
  return { path: path === "" || path.startsWith("/") ? path : `/${path}`, host: host === "" ? undefined : host };
}
