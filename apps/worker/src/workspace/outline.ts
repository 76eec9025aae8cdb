import type { Prepared } from '@coorchat/a2a';
import { git, readBlobs, type Repository } from '@coorchat/git';

interface TreeFile {
  readonly path: string;
  readonly oid: string;
  readonly bytes: number;
}

export interface RepositoryOutline {
  readonly outline: Prepared['outline'];
  /** Files whose contents are kept elsewhere (Git LFS); only their pointers are here. */
  readonly lfs: readonly string[];
}

const MAX_FILES = 2_000;
const MAX_EXCERPTS = 24;
const MAX_EXCERPT_CHARS = 4_000;
const MAX_EXCERPT_BYTES = 256 * 1024;
const MAX_LFS_CANDIDATES = 5_000;
const LFS_POINTER = 'version https://git-lfs.github.com/spec/';
const ENTRY = /^100\d{3} blob ([0-9a-f]+) +(\d+)\t(.+)$/s;

const MANIFESTS = new Set([
  'package.json',
  'pnpm-workspace.yaml',
  'pyproject.toml',
  'setup.py',
  'requirements.txt',
  'go.mod',
  'Cargo.toml',
  'pom.xml',
  'build.gradle',
  'build.gradle.kts',
  'composer.json',
  'Gemfile',
  'Makefile',
  'CMakeLists.txt',
  'Dockerfile',
]);

export function parseTree(output: string): TreeFile[] {
  return output.split('\0').flatMap((line) => {
    const [, oid, bytes, path] = ENTRY.exec(line) ?? [];
    return oid === undefined || path === undefined ? [] : [{ path, oid, bytes: Number(bytes) }];
  });
}

function depthOf(path: string): number {
  return path.split('/').length;
}

function wantsExcerpt({ path, bytes }: TreeFile): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const readme = /^readme(?:\.\w+)?$/i.test(name) && depthOf(path) <= 3;
  const manifest = (MANIFESTS.has(name) || /\.(?:csproj|sln)$/.test(name)) && depthOf(path) <= 4;
  return bytes <= MAX_EXCERPT_BYTES && (readme || manifest);
}

async function excerptsOf(repository: Repository, files: readonly TreeFile[], signal: AbortSignal) {
  const chosen = files
    .filter(wantsExcerpt)
    .toSorted((a, b) => depthOf(a.path) - depthOf(b.path))
    .slice(0, MAX_EXCERPTS);
  const texts = await readBlobs(
    repository,
    chosen.map(({ oid }) => oid),
    signal,
  );
  return chosen.map(({ path, oid }) => {
    const text = texts.get(oid)?.toString('utf8').replaceAll('\0', '') ?? '';
    return { path, text: text.length <= MAX_EXCERPT_CHARS ? text : `${text.slice(0, MAX_EXCERPT_CHARS)}…` };
  });
}

async function lfsPointers(repository: Repository, files: readonly TreeFile[], signal: AbortSignal): Promise<string[]> {
  const attributes = files.filter(
    ({ path, bytes }) => /(?:^|\/)\.gitattributes$/.test(path) && bytes <= MAX_EXCERPT_BYTES,
  );
  const texts = await readBlobs(
    repository,
    attributes.map(({ oid }) => oid),
    signal,
  );
  if (![...texts.values()].some((text) => text.includes('filter=lfs'))) return [];
  // The specification keeps pointers below 1024 bytes.
  const candidates = files.filter(({ bytes }) => bytes >= 100 && bytes < 1024).slice(0, MAX_LFS_CANDIDATES);
  const blobs = await readBlobs(
    repository,
    candidates.map(({ oid }) => oid),
    signal,
  );
  return candidates
    .filter(({ oid }) => blobs.get(oid)?.toString('utf8').startsWith(LFS_POINTER))
    .map(({ path }) => path);
}

/** What the planner is told of a repository: file names with sizes and the text of READMEs and manifests. */
export async function outlineOf(
  repository: Repository,
  commit: string,
  signal: AbortSignal,
): Promise<RepositoryOutline> {
  const options = { gitDir: repository.gitDir, maxOutputBytes: 256 * 1024 * 1024, signal };
  const { stdout } = await git(['ls-tree', '-r', '-l', '-z', '--full-tree', commit], options);
  const files = parseTree(stdout);
  const excerpts = await excerptsOf(repository, files, signal);
  const named = files.slice(0, MAX_FILES).map(({ path, bytes }) => ({ path, bytes }));
  return {
    outline: { files: named, excerpts, truncated: files.length > named.length },
    lfs: await lfsPointers(repository, files, signal),
  };
}
