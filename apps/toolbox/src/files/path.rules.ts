import { ToolError } from '../toolbox.errors.js';

const MAX_PATH = 4096;
const HFS_INVISIBLE = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;

function refuse(text: string, why: string): ToolError {
  const shown = JSON.stringify(text.slice(0, 200));
  return new ToolError('toolbox.path_refused', `${shown} ${why}. Use a path relative to the task's folder.`);
}

export function outside(text: string): ToolError {
  return refuse(text, "leads out of the task's folder");
}

function relativeTo(root: string, text: string): string {
  if (!text.startsWith('/')) return text;
  if (text === root) return '';
  if (text.startsWith(`${root}/`)) return text.slice(root.length + 1);
  throw outside(text);
}

/**
 * The components of a path below `root`, without empty ones and `.`; `..` is kept, because what it means
 * depends on the links before it. Absolute paths are taken when they start with the root.
 */
export function pathParts(root: string, text: string): string[] {
  if (text.includes('\0')) throw refuse(text, 'contains a NUL byte');
  if (text.length > MAX_PATH) throw refuse(text, 'is too long');
  if (/^[a-zA-Z]:/.test(text) || text.startsWith('\\')) throw refuse(text, 'is a path of Windows');
  return relativeTo(root, text)
    .split('/')
    .filter((part) => part !== '' && part !== '.');
}

/** Whether file systems that fold names (macOS, Windows) would take the name for `.git`. */
function isGitName(part: string): boolean {
  const folded = part.replace(HFS_INVISIBLE, '').toLowerCase();
  return /^(?:\.git|git~\d)(?:[. ]*$|:)/.test(folded.replace(/[. ]+$/, ''));
}

/** Whether the path lies in git's own folder, which only git may write. */
export function isGitInternal(parts: readonly string[]): boolean {
  return parts.some(isGitName);
}
