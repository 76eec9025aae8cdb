import type { BundleHeader } from '@coorchat/git';
import { type Refusal, refused } from './refusal.js';

/** What a machine says that it resolved. */
export interface BaseClaim {
  readonly base: string;
  /** Branch, tag or commit as the submitter named it; null for the default branch. */
  readonly askedRef: string | null;
  /** The default branch as the machine knows it. */
  readonly defaultBranch: string | null;
}

const COMMIT = /^[0-9a-f]{7,64}$/;

/** Full names that the bundle may give the base. */
function namesOf({ askedRef, defaultBranch }: BaseClaim): string[] {
  const asked = askedRef ?? defaultBranch;
  if (asked === null) return [];
  const branch = asked.replace(/^refs\/heads\//, '');
  const tag = asked.replace(/^refs\/tags\//, '');
  return [`refs/heads/${branch}`, `refs/tags/${tag}`];
}

/** Why a bundle does not stand for what was asked; undefined when it does. Whoever made it may lie. */
export function doubtsAboutBase(claim: BaseClaim, { refs, prerequisites }: BundleHeader): Refusal | undefined {
  const { base, askedRef } = claim;
  const stray = refs.find(({ oid }) => oid !== base);
  if (stray) return refused('repository.base_mismatch', `The bundle ends at ${stray.oid} instead of the base ${base}`);
  if (prerequisites.length > 0) return refused('repository.base_incomplete', 'The bundle builds on other commits');
  if (askedRef !== null && COMMIT.test(askedRef) && base.startsWith(askedRef)) return undefined;
  const names = namesOf(claim);
  if (refs.some(({ name }) => names.includes(name))) return undefined;
  const asked = askedRef ?? 'the default branch';
  return refused('repository.base_not_asked_for', `The bundle does not say that ${base} is ${asked}`);
}
