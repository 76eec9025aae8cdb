const DOOR = 'db.system.';

type Counts = Readonly<Record<string, number>>;

/** How often each door across organizations was opened between two readings of the counters. */
export function doorsUsed(before: Counts, now: Counts): Record<string, number> {
  return Object.fromEntries(
    Object.entries(now)
      .filter(([name, count]) => name.startsWith(DOOR) && count > (before[name] ?? 0))
      .map(([name, count]) => [name.slice(DOOR.length), count - (before[name] ?? 0)]),
  );
}
