/** What bounds an organization's own choice, in days. */
export interface RetentionBounds {
  /** Nobody has records deleted earlier. */
  readonly minDays: number;
  /** Of the plan, or of the configuration. */
  readonly maxDays: number;
}

/** Records are kept as long as the plan says, unless the organization chose less; never less than the minimum. */
export function retentionDays(chosenDays: number | undefined, { minDays, maxDays }: RetentionBounds): number {
  return Math.max(Math.min(chosenDays ?? maxDays, maxDays), Math.min(minDays, maxDays));
}

export function isRetention(days: number, { minDays, maxDays }: RetentionBounds): boolean {
  return days >= Math.min(minDays, maxDays) && days <= maxDays;
}
