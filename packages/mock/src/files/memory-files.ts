import { Problem } from "@dojang/model";
import type { StubMapping } from "../mapping/stub-mapping.ts";
import type { MockFiles } from "./mock-files.ts";
import { refuseNameOutside } from "./safe-folder.ts";

/** A mock without a folder: persistent stubs outlast a reset, bodies can be put and served, and all of it ends with the process. */
export function createMemoryFiles(): MockFiles {
  const mappings = new Map<string, StubMapping>();
  const bodies = new Map<string, Buffer>();
  let bodyBytes = 0;

  return {
    directory: undefined,
    loadMappings: async () => [...mappings.values()],
    fileOf: () => undefined,
    saveMapping: async (stub) => {
      mappings.set(stub.id, stub);
    },
    removeMapping: async (id) => {
      mappings.delete(id);
    },
    removeAllMappings: async () => mappings.clear(),
    readBody: async (name) => {
      refuseNameOutside(name, "__files");
      return bodies.get(name);
    },
    writeBody: async (name, content) => {
      refuseNameOutside(name, "__files");
      const bytes = bodyBytes - (bodies.get(name)?.length ?? 0) + content.length;
      if (bytes > maxBodyBytes) throw tooMuch();
      bodyBytes = bytes;
      // A copy: the given bytes may be part of a request.
      bodies.set(name, Buffer.from(content));
    },
    removeBody: async (name) => {
      bodyBytes -= bodies.get(name)?.length ?? 0;
      return bodies.delete(name);
    },
    listBodies: async () => [...bodies.keys()].sort(),
  };
}

function tooMuch(): Problem {
  return new Problem({
    code: "files-too-large",
    message: `files kept in memory may have ${maxBodyBytes} bytes together`,
    fix: "give the mock a folder with --dir",
    exit: "refused",
  });
}

const maxBodyBytes = 256 * 1024 * 1024;
