import { createReadStream } from 'node:fs';
import type { BundleHeader } from './bundle-header.js';
import { readBundleHeader } from './bundle-header.js';
import { GitError } from './git.errors.js';
import { git } from './git-command.js';
import { hasCommit, type Repository, updateRef } from './repository.js';

export interface ImportBundle {
  readonly path: string;
  /** The one reference that the bundle may carry, in full; `history` may give other names to the same commit. */
  readonly ref: string;
  /** The commit that the reference must point at. */
  readonly head: string;
  /** Where the head is kept in the receiving repository. */
  readonly storeAs: string;
  readonly maxBytes: number;
  /**
   * `task`: every complaint of fsck refuses the bundle. `history`: old harmless faults that real repositories
   * carry (padded modes, odd dates) pass.
   */
  readonly strictness: 'task' | 'history';
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const OLD_FAULTS = [
  'zeroPaddedFilemode',
  'missingSpaceBeforeDate',
  'badTimezone',
  'missingSpaceBeforeEmail',
  'badDate',
];
const STRICT: Record<ImportBundle['strictness'], string> = {
  task: '--strict',
  history: `--strict=${OLD_FAULTS.map((fault) => `${fault}=ignore`).join(',')}`,
};
const DEFAULT_TIMEOUT_MS = 600_000;

function checkRef(header: BundleHeader, expected: ImportBundle): void {
  const fault = (problem: string) =>
    new GitError({ code: 'git.bundle_unexpected_ref', message: `The bundle ${problem}` });
  const isAlias = ({ name, oid }: { name: string; oid: string }) =>
    expected.strictness === 'history' && name !== expected.ref && oid === expected.head;
  const [only, ...others] = header.refs.filter((ref) => !isAlias(ref));
  if (only === undefined || others.length > 0) throw fault(`carries ${header.refs.length} references instead of one`);
  if (only.name !== expected.ref)
    throw fault(`carries ${JSON.stringify(only.name.slice(0, 200))} instead of ${expected.ref}`);
  if (only.oid !== expected.head) throw fault(`ends at ${only.oid} instead of ${expected.head}`);
}

async function checkPrerequisites(repository: Repository, header: BundleHeader, signal?: AbortSignal): Promise<void> {
  for (const oid of header.prerequisites) {
    if (await hasCommit(repository, oid, signal)) continue;
    throw new GitError({
      code: 'git.bundle_prerequisite_missing',
      message: `The bundle builds on commit ${oid}, which is not among its base and upstream commits`,
    });
  }
}

/** Unpacks with fsck: `git fetch` from a bundle would check nothing in the versions that many machines have. */
async function indexPack(repository: Repository, header: BundleHeader, bundle: ImportBundle): Promise<void> {
  const args = [
    'index-pack',
    '--stdin',
    '--fix-thin',
    STRICT[bundle.strictness],
    `--max-input-size=${bundle.maxBytes}`,
  ];
  const input = createReadStream(bundle.path, { start: header.packOffset });
  const timeoutMs = bundle.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  await git(args, { gitDir: repository.gitDir, input, timeoutMs, signal: bundle.signal }).catch((error: unknown) => {
    if (!(error instanceof GitError) || error.code !== 'git.failed') throw error;
    throw new GitError({
      code: 'git.bundle_corrupt',
      message: `The bundle's objects are refused: ${error.stderr}`,
      stderr: error.stderr,
      cause: error,
    });
  });
}

async function checkComplete(repository: Repository, header: BundleHeader, bundle: ImportBundle): Promise<void> {
  const known = header.prerequisites.map((oid) => `^${oid}`);
  const input = [bundle.head, ...known, ''].join('\n');
  const args = ['rev-list', '--objects', '--quiet', '--stdin'];
  const options = { gitDir: repository.gitDir, input, timeoutMs: bundle.timeoutMs ?? DEFAULT_TIMEOUT_MS };
  await git(args, { ...options, signal: bundle.signal }).catch((error: unknown) => {
    if (!(error instanceof GitError) || error.code !== 'git.failed') throw error;
    throw new GitError({
      code: 'git.bundle_incomplete',
      message: 'The bundle lacks objects of its commits',
      cause: error,
    });
  });
}

/** Takes a bundle from elsewhere into a repository that nobody else writes. Throws `GitError` `git.bundle_…`. */
export async function importBundle(repository: Repository, bundle: ImportBundle): Promise<void> {
  const header = await readBundleHeader(bundle.path, bundle.maxBytes);
  if (header.objectFormat !== repository.objectFormat) {
    throw new GitError({
      code: 'git.bundle_object_format',
      message: `The bundle has ${header.objectFormat} objects, the repository ${repository.objectFormat}`,
    });
  }
  checkRef(header, bundle);
  await checkPrerequisites(repository, header, bundle.signal);
  await indexPack(repository, header, bundle);
  if (!(await hasCommit(repository, bundle.head, bundle.signal))) {
    throw new GitError({ code: 'git.bundle_unexpected_ref', message: `The bundle does not end at a commit` });
  }
  await checkComplete(repository, header, bundle);
  await updateRef(repository, bundle.storeAs, bundle.head, bundle.signal);
}

export interface CreateBundle {
  readonly path: string;
  /** Full name of the reference that the bundle carries. */
  readonly ref: string;
  /** Further references to carry. */
  readonly alsoRefs?: readonly string[];
  /** Commits that the receiver has. */
  readonly excludes?: readonly string[];
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export function bundleArguments({
  path,
  ref,
  alsoRefs = [],
  excludes = [],
}: Pick<CreateBundle, 'path' | 'ref' | 'alsoRefs' | 'excludes'>): string[] {
  return ['bundle', 'create', '--quiet', path, ref, ...alsoRefs, ...excludes.map((oid) => `^${oid}`)];
}

/** Writes a bundle of one reference. */
export async function createBundle(repository: Repository, bundle: CreateBundle): Promise<void> {
  const timeoutMs = bundle.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  await git(bundleArguments(bundle), { gitDir: repository.gitDir, timeoutMs, signal: bundle.signal });
}
