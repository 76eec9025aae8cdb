import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CreateBundle, createBundle, importBundle } from './bundle.js';
import { type BundleHeader, readBundleHeader } from './bundle-header.js';
import { BASE_REF, type Repository, updateRef } from './repository.js';

/**
 * What a base bundle brings: the whole history, or the base commit alone (`cut`), where the history is not at hand
 * or too large.
 */
export type BaseExtent = 'whole' | 'cut';

/** The reference that a cut base bundle carries instead. */
export const CUT_BASE_REF = 'refs/coorchat/cut-base';

export function baseRefOf(extent: BaseExtent): string {
  return extent === 'whole' ? BASE_REF : CUT_BASE_REF;
}

/** Undefined for a bundle that is none of a base. */
export function baseExtentOf({ refs }: Pick<BundleHeader, 'refs'>): BaseExtent | undefined {
  if (refs.some(({ name }) => name === BASE_REF)) return 'whole';
  return refs.some(({ name }) => name === CUT_BASE_REF) ? 'cut' : undefined;
}

/** Says that history ends at this commit. Nobody else may use the repository at that moment. */
export async function cutHistoryAt(repository: Repository, commit: string): Promise<void> {
  const path = join(repository.gitDir, 'shallow');
  const known = (await readFile(path, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
  if (!known.includes(commit)) await writeFile(path, [...known, commit, ''].join('\n'));
}

export interface ImportBase {
  readonly path: string;
  readonly base: string;
  readonly extent: BaseExtent;
  readonly maxBytes: number;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Takes a base bundle into a repository that keeps bases of this extent only: a history that was cut there once
 * never grows whole. Throws `GitError` `git.bundle_…`.
 */
export async function importBase(repository: Repository, { base, extent, ...bundle }: ImportBase): Promise<void> {
  if (extent === 'cut') await cutHistoryAt(repository, base);
  const storeAs = `refs/coorchat/bases/${base}`;
  await importBundle(repository, { ...bundle, ref: baseRefOf(extent), head: base, storeAs, strictness: 'history' });
}

export interface CreateBase extends Omit<CreateBundle, 'ref' | 'excludes' | 'alsoRefs'> {
  readonly base: string;
  readonly extent: BaseExtent;
  /** Full name under which the base was asked for; the bundle carries it too. */
  readonly askedAs: string | null;
}

/** Writes the bundle of a base. For a cut one, the repository must be shallow at the base. */
export async function createBaseBundle(repository: Repository, options: CreateBase): Promise<void> {
  const { base, extent, askedAs, ...rest } = options;
  const ref = baseRefOf(extent);
  const alsoRefs = askedAs === null ? [] : [askedAs];
  for (const name of [ref, ...alsoRefs]) await updateRef(repository, name, base, options.signal);
  await createBundle(repository, { ...rest, ref, alsoRefs });
}

/** Reads which base a bundle says that it brings. Throws `GitError` `git.bundle_…`. */
export async function readBaseHeader(path: string, maxBytes: number) {
  const header = await readBundleHeader(path, maxBytes);
  return { ...header, extent: baseExtentOf(header) };
}
