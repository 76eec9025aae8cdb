import { z } from 'zod';
import type { ConfinedRoot } from '../files/confined-root.js';
import { readText } from '../files/text-file.js';
import { runWalk, type ListedEntry } from '../search/walk-job.js';

export type CheckKind = 'tests' | 'build';

const packageSchema = z.object({ scripts: z.record(z.string(), z.string()).default({}) });
const NO_TESTS = 'no test specified';

/** What a folder shows of how it is built and tested. */
interface Folder {
  readonly files: ReadonlySet<string>;
  readonly read: (name: string) => Promise<string>;
  readonly signal: AbortSignal;
}

type Detector = (folder: Folder) => Promise<readonly string[] | undefined>;

async function scriptsOf({ files, read }: Folder): Promise<Record<string, string>> {
  if (!files.has('package.json')) return {};
  try {
    return packageSchema.parse(JSON.parse(await read('package.json'))).scripts;
  } catch {
    return {};
  }
}

async function hasMakeTarget(folder: Folder, target: string): Promise<boolean> {
  const name = ['GNUmakefile', 'makefile', 'Makefile'].find((each) => folder.files.has(each));
  return name !== undefined && new RegExp(`^${target}\\s*:`, 'm').test(await folder.read(name));
}

function when(names: RegExp, command: readonly string[]): Detector {
  return async ({ files }) => ([...files].some((name) => names.test(name)) ? command : undefined);
}

function make(target: string): Detector {
  return async (folder) => ((await hasMakeTarget(folder, target)) ? ['make', target] : undefined);
}

const npmTest: Detector = async (folder) => {
  const { test } = await scriptsOf(folder);
  return test !== undefined && !test.includes(NO_TESTS) ? ['npm', 'test', '--silent'] : undefined;
};

const npmBuild: Detector = async (folder) => {
  const { build } = await scriptsOf(folder);
  return build === undefined ? undefined : ['npm', 'run', 'build', '--silent'];
};

/** First that answers wins. */
const DETECTORS: Record<CheckKind, readonly Detector[]> = {
  tests: [
    npmTest,
    when(/^Cargo\.toml$/, ['cargo', 'test']),
    when(/^go\.mod$/, ['go', 'test', './...']),
    when(/\.(?:sln|slnx|csproj|fsproj)$/, ['dotnet', 'test']),
    make('test'),
    when(/^(?:pytest\.ini|pyproject\.toml|tox\.ini|setup\.cfg|conftest\.py)$/, ['python3', '-m', 'pytest', '-q']),
    when(/^package\.json$/, ['node', '--test']),
  ],
  build: [
    npmBuild,
    when(/^Cargo\.toml$/, ['cargo', 'build']),
    when(/^go\.mod$/, ['go', 'build', './...']),
    when(/\.(?:sln|slnx|csproj|fsproj)$/, ['dotnet', 'build']),
    make('build'),
  ],
};

/** The usual command of a folder; undefined when nothing tells how it is tested or built. */
export async function detectCheck(
  root: ConfinedRoot,
  { kind, folder, signal }: { kind: CheckKind; folder: string; signal: AbortSignal },
): Promise<readonly string[] | undefined> {
  const walk = { path: folder, glob: undefined, recursive: false, all: false };
  const limits = { maxItems: 5_000, timeoutMs: 10_000, signal };
  const { items } = await runWalk<ListedEntry>({ kind: 'list', root: root.path, walk }, limits);
  const files = new Set(items.filter((item) => item.kind === 'file').map(({ path }) => path.split('/').at(-1) ?? ''));
  const read = async (name: string) => (await readText(root, `${folder}/${name}`)).text;
  for (const detector of DETECTORS[kind]) {
    const command = await detector({ files, read, signal });
    if (command) return command;
  }
  return undefined;
}
