/** Names of requests in the order in which a script first used them: it may make up new ones while it runs. */
export interface RequestNames {
  /** Grows. */
  readonly all: readonly string[];
  /** Place of a name, new or known. */
  indexOf(name: string): number;
}

/** Reports keep histograms for each name. */
const mostNames = 200;
export const otherRequests = "(other names)";

export function createRequestNames(onNew: () => void): RequestNames {
  const all: string[] = [];
  const places = new Map<string, number>();
  const add = (name: string): number => {
    places.set(name, all.length);
    onNew();
    return all.push(name) - 1;
  };
  return {
    all,
    indexOf(name) {
      const known = places.get(name);
      if (known !== undefined) return known;
      if (all.length < mostNames) return add(name);
      return places.get(otherRequests) ?? add(otherRequests);
    },
  };
}
