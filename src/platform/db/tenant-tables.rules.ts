export interface TenantTable {
  readonly name: string;
  /** Tables that its foreign keys lead to. */
  readonly parents: readonly string[];
}

/** Children before parents: nothing is deleted that others still point to. */
export function childrenFirst(tables: readonly TenantTable[]): string[] {
  const open = new Map(tables.map((table) => [table.name, table]));
  const order: string[] = [];
  while (open.size > 0) {
    const needed = new Set(
      [...open.values()].flatMap(({ name, parents }) => parents.filter((parent) => parent !== name)),
    );
    const free = [...open.keys()].filter((name) => !needed.has(name)).sort();
    if (free.length === 0)
      throw new Error(`These tables point to each other in a circle: ${[...open.keys()].join(', ')}`);
    for (const name of free) open.delete(name);
    order.push(...free);
  }
  return order;
}
