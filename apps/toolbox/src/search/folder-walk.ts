import type { Dirent } from 'node:fs';
import { type FileHandle, lstat, readdir } from 'node:fs/promises';
import { join, matchesGlob } from 'node:path';
import { type ConfinedRoot, openFolder, pathOf } from '../files/confined-root.js';

export interface Walk {
  /** Folder to start in. */
  readonly path: string;
  /** Of paths relative to the root, or of names when it has no slash. */
  readonly glob: string | undefined;
  readonly recursive: boolean;
  /** Also what is left out by default: `.git` and `node_modules`. */
  readonly all: boolean;
}

export type EntryKind = 'file' | 'folder' | 'link' | 'other';

export interface Entry {
  readonly path: string;
  readonly kind: EntryKind;
  /** Size of a file. */
  readonly bytes: number;
  /** Path that opens it as long as the walk stands at this entry. */
  readonly openPath: string;
}

const LEFT_OUT = new Set(['.git', 'node_modules']);
const MAX_DEPTH = 64;

function kindOf(entry: Dirent): EntryKind {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'folder';
  return entry.isSymbolicLink() ? 'link' : 'other';
}

function wanted({ glob }: Walk, path: string, name: string): boolean {
  return glob === undefined || matchesGlob(glob.includes('/') ? path : name, glob);
}

interface Folder {
  readonly handle: FileHandle;
  /** Relative to the root. */
  readonly path: string;
  readonly openPath: string;
  readonly depth: number;
}

async function entryOf(child: Dirent, folder: Folder): Promise<Entry> {
  const kind = kindOf(child);
  const path = folder.path === '' ? child.name : `${folder.path}/${child.name}`;
  const openPath = join(pathOf(folder.handle, folder.openPath), child.name);
  const bytes =
    kind === 'file'
      ? await lstat(openPath).then(
          ({ size }) => size,
          () => 0,
        )
      : 0;
  return { path, kind, bytes, openPath };
}

async function* below(entry: Entry, folder: Folder, walk: Walk): AsyncGenerator<Entry> {
  if (!walk.recursive || entry.kind !== 'folder' || folder.depth >= MAX_DEPTH) return;
  // A folder that went away, became a link or may not be read is passed over.
  const handle = await openFolder(entry.openPath).catch(() => undefined);
  if (!handle) return;
  try {
    yield* entriesOf({ handle, path: entry.path, openPath: entry.openPath, depth: folder.depth + 1 }, walk);
  } finally {
    await handle.close();
  }
}

async function* entriesOf(folder: Folder, walk: Walk): AsyncGenerator<Entry> {
  const children = await readdir(pathOf(folder.handle, folder.openPath), { withFileTypes: true });
  for (const child of children.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (!walk.all && LEFT_OUT.has(child.name)) continue;
    const entry = await entryOf(child, folder);
    if (wanted(walk, entry.path, child.name)) yield entry;
    yield* below(entry, folder, walk);
  }
}

/** What lies below a folder, in order of names, without following links. */
export async function* walkFolder(root: ConfinedRoot, walk: Walk): AsyncGenerator<Entry> {
  const { handle, path } = await root.openFolder(walk.path);
  try {
    yield* entriesOf({ handle, path, openPath: join(root.path, path), depth: 0 }, walk);
  } finally {
    await handle.close();
  }
}
