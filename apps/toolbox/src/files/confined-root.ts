import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode, ToolError } from '../toolbox.errors.js';
import { resolveLinks } from './link-resolution.js';
import { isGitInternal, pathParts } from './path.rules.js';

const { O_RDONLY, O_DIRECTORY = 0, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
/** Linux opens a name below an open folder, whatever happens to the folder's path meanwhile. */
const BY_HANDLE = process.platform === 'linux';

/** How the system's calls name an open folder. */
export function pathOf(handle: FileHandle, path: string): string {
  return BY_HANDLE ? `/proc/self/fd/${handle.fd}` : path;
}

export interface Place {
  /** Relative to the root, with `/`; empty for the root itself. */
  readonly path: string;
  /** The folder it is in, as the system's calls take it; only valid inside of the callback. */
  readonly folder: string;
  /** Last component; empty for the root itself. */
  readonly name: string;
}

export interface Access {
  /** Makes missing folders on the way. */
  readonly createFolders?: boolean;
  /** Refuses git's own folder. */
  readonly write?: boolean;
}

/** Fails when the path itself is a link. */
export function openFolder(path: string): Promise<FileHandle> {
  return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
}

/**
 * The one way of the tools to the disk: a folder that no path leads out of. Links are followed only inside of
 * it; then each component is opened from its parent's handle without following links, so that a link that
 * appears between check and use is an error and not a way out.
 */
export class ConfinedRoot {
  private constructor(
    /** Real path of the folder. */
    readonly path: string,
    private readonly handle: FileHandle,
  ) {}

  static async open(folder: string): Promise<ConfinedRoot> {
    const path = await realpath(folder);
    return new ConfinedRoot(path, await open(path, O_RDONLY | O_DIRECTORY));
  }

  close(): Promise<void> {
    return this.handle.close();
  }

  /** The path below the root without links and `..`. Throws `toolbox.path_refused`. */
  async resolve(text: string, access: Access = {}): Promise<string[]> {
    const parts = await resolveLinks(this.path, text);
    if (access.write && (isGitInternal(parts) || isGitInternal(pathParts(this.path, text)))) {
      throw new ToolError('toolbox.path_refused', 'Files of git itself cannot be written; use the git tools.');
    }
    return parts;
  }

  /** Gives `use` the place that a path names, held open for as long as `use` runs. */
  async at<T>(text: string, access: Access, use: (place: Place) => Promise<T>): Promise<T> {
    const parts = await this.resolve(text, access);
    const name = parts.at(-1) ?? '';
    const path = parts.join('/');
    return this.inFolder(parts.slice(0, -1), access, (folder) => use({ path, folder, name }));
  }

  /** An open regular file; never a pipe or device, and never blocks. The caller closes it. */
  async openFile(text: string): Promise<FileHandle> {
    return this.at(text, {}, async ({ folder, name }) => {
      const file = await open(join(folder, name), O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
      const stat = await file.stat();
      if (stat.isFile()) return file;
      await file.close();
      const kind = stat.isDirectory() ? 'a folder; use list_files' : 'not a regular file';
      throw new ToolError('toolbox.wrong_kind', `${JSON.stringify(text)} is ${kind}.`);
    });
  }

  /** An open folder with its path below the root. The caller closes it. */
  async openFolder(text: string): Promise<{ handle: FileHandle; path: string }> {
    return this.at(text, {}, async ({ folder, name, path }) => {
      // Without a name it is the root, which Linux knows by a link to an open handle.
      const handle = await (name === '' ? open(this.path, O_RDONLY | O_DIRECTORY) : openFolder(join(folder, name)));
      return { handle, path };
    });
  }

  private async inFolder<T>(parts: readonly string[], access: Access, use: (folder: string) => Promise<T>): Promise<T> {
    let folder = pathOf(this.handle, this.path);
    let current: FileHandle | undefined;
    try {
      for (const part of parts) {
        const next = await this.enter(join(folder, part), access);
        await current?.close();
        current = next;
        folder = pathOf(next, join(folder, part));
      }
      return await use(folder);
    } finally {
      await current?.close();
    }
  }

  private async enter(path: string, { createFolders }: Access): Promise<FileHandle> {
    try {
      return await openFolder(path);
    } catch (error) {
      if (!createFolders || systemCode(error) !== 'ENOENT') throw error;
      await mkdir(path);
      return openFolder(path);
    }
  }
}
