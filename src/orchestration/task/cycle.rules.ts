interface Node {
  readonly key: string;
  readonly dependsOn: readonly string[];
}

/** Removes, again and again, what depends on nothing that is left; a rest means that there is a cycle. */
function unreachable(nodes: readonly Node[]): Map<string, Set<string>> {
  const waiting = new Map<string, Set<string>>();
  const dependents = new Map<string, string[]>();
  const keys = new Set(nodes.map(({ key }) => key));
  for (const { key, dependsOn } of nodes) {
    const known = new Set([...(waiting.get(key) ?? []), ...dependsOn.filter((dependency) => keys.has(dependency))]);
    waiting.set(key, known);
  }
  for (const [key, dependsOn] of waiting)
    for (const dependency of dependsOn) dependents.set(dependency, [...(dependents.get(dependency) ?? []), key]);
  const free = [...waiting].filter(([, dependsOn]) => dependsOn.size === 0).map(([key]) => key);
  for (let key = free.pop(); key !== undefined; key = free.pop()) {
    waiting.delete(key);
    for (const dependent of dependents.get(key) ?? []) {
      const rest = waiting.get(dependent);
      rest?.delete(key);
      if (rest?.size === 0) free.push(dependent);
    }
  }
  return waiting;
}

/** The keys along one cycle, first and last alike: `a → b → a`; undefined when there is none. */
export function findCycle(nodes: readonly Node[]): string[] | undefined {
  const rest = unreachable(nodes);
  let [key] = rest.keys();
  const path: string[] = [];
  while (key !== undefined) {
    const start = path.indexOf(key);
    if (start >= 0) return [...path.slice(start), key];
    path.push(key);
    [key] = rest.get(key) ?? [];
  }
  return undefined;
}
