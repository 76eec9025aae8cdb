import { randomBytes } from 'node:crypto';
import { lstat, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode, ToolError } from '../toolbox.errors.js';
import type { ConfinedRoot, Place } from './confined-root.js';

export const MAX_FILE_BYTES = 20 * 1024 * 1024;
const SNIFFED_BYTES = 8_192;

export function looksBinary(bytes: Buffer): boolean {
  return bytes.subarray(0, SNIFFED_BYTES).includes(0);
}

/** The bytes of a file, refused when it is larger than `MAX_FILE_BYTES`. */
export async function readBytes(root: ConfinedRoot, path: string): Promise<Buffer> {
  const file = await root.openFile(path);
  try {
    const { size } = await file.stat();
    if (size > MAX_FILE_BYTES) {
      throw new ToolError('toolbox.wrong_kind', `The file has ${size} bytes; ${MAX_FILE_BYTES} can be read.`);
    }
    return await file.readFile();
  } finally {
    await file.close();
  }
}

export interface TextFile {
  readonly text: string;
  readonly bytes: number;
  /** Whether writing the text back gives the same bytes. */
  readonly exact: boolean;
}

export async function readText(root: ConfinedRoot, path: string): Promise<TextFile> {
  const bytes = await readBytes(root, path);
  if (looksBinary(bytes)) {
    throw new ToolError('toolbox.wrong_kind', `The file is binary (${bytes.length} bytes) and has no text to show.`);
  }
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  return { text, bytes: bytes.length, exact: Buffer.from(text, 'utf8').equals(bytes) };
}

/** Mode of the file that is there; undefined when there is none. Refuses what is no regular file. */
async function existingMode({ folder, name, path }: Place): Promise<number | undefined> {
  try {
    const stat = await lstat(join(folder, name));
    if (stat.isFile()) return stat.mode & 0o777;
    const kind = stat.isDirectory() ? 'a folder' : 'not a regular file';
    throw new ToolError('toolbox.wrong_kind', `${JSON.stringify(path)} is ${kind} and cannot be written.`);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function replace({ folder, name }: Place, text: string, mode: number | undefined): Promise<void> {
  const temporary = join(folder, `.coorchat-${randomBytes(6).toString('hex')}.tmp`);
  try {
    const file = await open(temporary, 'wx', mode ?? 0o666);
    try {
      await file.writeFile(text);
      if (mode !== undefined) await file.chmod(mode);
    } finally {
      await file.close();
    }
    await rename(temporary, join(folder, name));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/**
 * Replaces the file as a whole, or makes it with the folders that it needs. A new file takes the name, so that
 * neither half a file nor a hard link to somewhere else is ever written.
 */
export async function writeText(root: ConfinedRoot, path: string, text: string): Promise<{ created: boolean }> {
  return root.at(path, { write: true, createFolders: true }, async (place) => {
    if (place.name === '') throw new ToolError('toolbox.wrong_kind', 'The path is the folder itself. Name a file.');
    const mode = await existingMode(place);
    await replace(place, text, mode);
    return { created: mode === undefined };
  });
}
