import { GitError } from '@coorchat/git';

export interface Refusal {
  readonly accepted: false;
  readonly code: string;
  readonly message: string;
}

export const accepted = { accepted: true } as const;

export function refused(code: string, message: string): Refusal {
  return { accepted: false, code, message };
}

/** Faults of the bundle itself are an answer; faults of ours (time, disk, a missing git) are thrown. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof GitError && error.code.startsWith('git.bundle_')) {
    return refused(error.code.replace(/^git\./, 'repository.'), error.message);
  }
  throw error;
}
