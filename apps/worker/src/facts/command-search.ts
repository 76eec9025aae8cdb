import { access, constants, realpath } from 'node:fs/promises';
import path from 'node:path';

/** Where the commands of tasks are looked for, as a task sees it. */
export interface CommandSearch {
  /** The `PATH` of tasks. */
  readonly path: string;
  /** Folders that tasks see; undefined when they see all. */
  readonly visible: readonly string[] | undefined;
}

export function isWithin(folder: string, outer: string): boolean {
  return folder === outer || folder.startsWith(`${outer}/`);
}

async function isVisibleProgram(file: string, visible: readonly string[]): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    const target = await realpath(file);
    return visible.some((folder) => isWithin(target, folder));
  } catch {
    return false;
  }
}

/** What a task starts by this name; undefined when it finds nothing. A link to what it does not see is nothing. */
export async function findCommand(name: string, { path: list, visible }: CommandSearch): Promise<string | undefined> {
  if (visible === undefined) return name;
  const folders = list.split(path.delimiter).filter((folder) => folder !== '');
  for (const file of folders.map((folder) => path.join(folder, name))) {
    if (await isVisibleProgram(file, visible)) return file;
  }
  return undefined;
}
