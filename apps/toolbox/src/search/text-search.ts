import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { ConfinedRoot } from '../files/confined-root.js';
import { looksBinary } from '../files/text-file.js';
import { ToolError } from '../toolbox.errors.js';
import { type Entry, type Walk, walkFolder } from './folder-walk.js';

export interface TextSearch extends Walk {
  readonly query: string;
  readonly regex: boolean;
  readonly ignoreCase: boolean;
}

export interface Match {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
const MAX_FILE_BYTES = 5 * 1024 * 1024;
const MAX_LINE = 300;

function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

function patternOf({ query, regex, ignoreCase }: TextSearch): RegExp {
  try {
    return new RegExp(regex ? query : escapeRegex(query), ignoreCase ? 'iu' : 'u');
  } catch (error) {
    const hint = 'Mend the expression, or search for plain text with regex: false.';
    throw new ToolError('toolbox.bad_argument', `The regular expression is not valid. ${hint}`, error);
  }
}

/** The line around the match, shortened. */
function excerpt(line: string, index: number): string {
  if (line.length <= MAX_LINE) return line;
  const start = Math.max(0, Math.min(index - MAX_LINE / 4, line.length - MAX_LINE));
  return `…${line.slice(start, start + MAX_LINE)}…`;
}

function matchesIn(text: string, path: string, pattern: RegExp): Match[] {
  return text.split(/\r?\n/).flatMap((content, index) => {
    const found = pattern.exec(content);
    if (!found) return [];
    return [{ path, line: index + 1, column: found.index + 1, text: excerpt(content, found.index) }];
  });
}

async function searchableText({ openPath }: Entry): Promise<string | undefined> {
  const file = await open(openPath, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch(() => undefined);
  if (!file) return undefined;
  try {
    const stat = await file.stat();
    if (!stat.isFile() || stat.size > MAX_FILE_BYTES) return undefined;
    const bytes = await file.readFile();
    return looksBinary(bytes) ? undefined : bytes.toString('utf8');
  } finally {
    await file.close();
  }
}

/** One match per line, file by file. */
export async function* searchText(root: ConfinedRoot, search: TextSearch): AsyncGenerator<Match[]> {
  const pattern = patternOf(search);
  for await (const entry of walkFolder(root, search)) {
    if (entry.kind !== 'file') continue;
    const text = await searchableText(entry);
    const matches = text === undefined ? [] : matchesIn(text, entry.path, pattern);
    if (matches.length > 0) yield matches;
  }
}
