/** When a key begins to sign. Times are UTC. */
export interface KeyTerm {
  readonly kid: string;
  readonly activeFrom: Date;
}

/** Keys by what they are for at an instant: `next` are announced, `retired` still verify. */
export interface KeyRing<K extends KeyTerm> {
  readonly current: K | undefined;
  readonly next: readonly K[];
  /** Newest first. */
  readonly retired: readonly K[];
}

const DAY_MS = 86_400_000;
/** A key signs for this long. */
export const KEY_TERM_MS = 30 * DAY_MS;
/** Before a key signs, every process and every client that caches the key set has had time to hear of it. */
export const ANNOUNCED_FOR_MS = 3_600_000;
/** After a key has signed for the last time, what it signed is verified for this long. */
export const RETIRED_FOR_MS = 7 * DAY_MS;

/** The same in every process that knows the same keys: states follow from the clock, nobody switches anything. */
export function keyRing<K extends KeyTerm>(keys: readonly K[], now: Date): KeyRing<K> {
  const newestFirst = [...keys].sort((a, b) => b.activeFrom.getTime() - a.activeFrom.getTime());
  const next = newestFirst.filter(({ activeFrom }) => activeFrom > now);
  const [current, ...retired] = newestFirst.slice(next.length);
  return { current, next, retired };
}

/** Whether it is time to announce a successor. */
export function needsSuccessor<K extends KeyTerm>({ current, next }: KeyRing<K>, now: Date): boolean {
  if (next.length > 0 || current === undefined) return false;
  return now.getTime() - current.activeFrom.getTime() >= KEY_TERM_MS - ANNOUNCED_FOR_MS;
}

/** Keys whose successor has signed for longer than anything that they signed is good for. */
export function expiredKeys<K extends KeyTerm>({ current, retired }: KeyRing<K>, now: Date): K[] {
  const successors = current ? [current, ...retired] : retired;
  return retired.filter((_, index) => {
    const successor = successors[index];
    return successor !== undefined && now.getTime() - successor.activeFrom.getTime() > RETIRED_FOR_MS;
  });
}
