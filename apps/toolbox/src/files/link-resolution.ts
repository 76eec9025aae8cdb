import { lstat, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../toolbox.errors.js';
import { outside, pathParts } from './path.rules.js';

const MAX_LINKS = 40;

async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return (await lstat(path)).isSymbolicLink() ? await readlink(path) : undefined;
  } catch (error) {
    // What does not exist is no link: the caller meets the same error, or creates it.
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Where a link leads: parts below the root, from the link's own folder or, when absolute, from the root. */
function followed(root: string, folder: readonly string[], target: string, text: string): [string[], string[]] {
  if (!target.startsWith('/')) return [[...folder], pathParts(root, target)];
  if (target !== root && !target.startsWith(`${root}/`)) throw outside(text);
  return [[], pathParts(root, target)];
}

/**
 * Follows the symbolic links of a path as the system would, as long as every step stays below `root` (a real
 * path). The result has neither links nor `..`; its end need not exist. Throws `toolbox.path_refused`.
 */
export async function resolveLinks(root: string, text: string): Promise<string[]> {
  let done: string[] = [];
  let rest = pathParts(root, text);
  let links = 0;
  for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
    if (part === '..') {
      if (done.pop() === undefined) throw outside(text);
      continue;
    }
    const target = await linkTarget(join(root, ...done, part));
    if (target === undefined) {
      done.push(part);
      continue;
    }
    links += 1;
    if (links > MAX_LINKS) throw outside(text);
    const [from, parts] = followed(root, done, target, text);
    done = from;
    rest = [...parts, ...rest];
  }
  return done;
}
