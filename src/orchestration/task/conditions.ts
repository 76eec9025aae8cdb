/** `w.id =` with the value that it is compared with; left out when that is undefined. */
type Condition = readonly [comparison: string, value: string | undefined];

/** A WHERE of what is asked for only, so that the plan uses the index that fits. */
export function conditions(all: readonly Condition[]): { readonly where: string; readonly params: string[] } {
  const given = all.flatMap(([comparison, value]) => (value === undefined ? [] : [{ comparison, value }]));
  return {
    where: given.map(({ comparison }, index) => `${comparison} $${index + 1}`).join(' AND '),
    params: given.map(({ value }) => value),
  };
}
