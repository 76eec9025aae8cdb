import { z } from 'zod';
import { defineTool, READS } from '../define-tool.js';
import { type ListedEntry, runWalk } from './walk-job.js';
import type { Match } from './text-search.js';

const TIMEOUT_MS = 5_000;
const globSchema = z
  .string()
  .min(1)
  .max(200)
  .optional()
  .describe('Such as `*.ts` (names) or `src/**/*.ts` (paths relative to the task folder)');
const allSchema = z.boolean().default(false).describe('Also .git and node_modules');
const folderSchema = z.string().default('.').describe("Folder to start in, relative to the task's folder");
const limitSchema = (most: number, usual: number) => z.number().int().positive().max(most).default(usual);

function endNote(result: { truncated: boolean; timedOut: boolean }, what: string): string {
  if (result.timedOut) return `\n[stopped after ${TIMEOUT_MS / 1000} s; simplify the pattern or narrow path and glob]`;
  return result.truncated ? `\n[there are more ${what}; narrow path or glob]` : '';
}

export const listFiles = defineTool({
  name: 'list_files',
  title: 'List files',
  description:
    'Lists files and folders below a folder, in order of names. Links are shown, not followed. .git and node_modules are left out unless asked for.',
  annotations: READS,
  input: z.object({
    path: folderSchema,
    glob: globSchema,
    recursive: z.boolean().default(true),
    all: allSchema,
    limit: limitSchema(5_000, 500),
  }),
  output: z.object({
    entries: z.array(
      z.object({ path: z.string(), kind: z.enum(['file', 'folder', 'link', 'other']), bytes: z.number().int() }),
    ),
    truncated: z.boolean(),
    timedOut: z.boolean(),
  }),
  run: async ({ limit, ...walk }, { root, signal }) => {
    const limits = { maxItems: limit, timeoutMs: TIMEOUT_MS, signal };
    const result = await runWalk<ListedEntry>(
      { kind: 'list', root: root.path, walk: { ...walk, glob: walk.glob } },
      limits,
    );
    const lines = result.items.map(({ path, kind, bytes }) => {
      if (kind === 'folder') return `${path}/`;
      return kind === 'file' ? `${path} (${bytes} bytes)` : `${path} (${kind})`;
    });
    const text = `${lines.join('\n') || 'Nothing there.'}${endNote(result, 'entries')}`;
    return { text, data: { entries: result.items, truncated: result.truncated, timedOut: result.timedOut } };
  },
});

export const searchFiles = defineTool({
  name: 'search_files',
  title: 'Search in files',
  description:
    'Finds lines of text files that contain a text or match a regular expression (JavaScript, per line). Binary and very large files are left out, as are .git and node_modules unless asked for.',
  annotations: READS,
  input: z.object({
    query: z.string().min(1).max(1_000).describe('Plain text, or a regular expression when regex is true'),
    regex: z.boolean().default(false),
    ignoreCase: z.boolean().default(false),
    path: folderSchema,
    glob: globSchema,
    all: allSchema,
    limit: limitSchema(1_000, 100),
  }),
  output: z.object({
    matches: z.array(
      z.object({ path: z.string(), line: z.number().int(), column: z.number().int(), text: z.string() }),
    ),
    truncated: z.boolean(),
    timedOut: z.boolean(),
  }),
  run: async ({ limit, ...search }, { root, signal }) => {
    const limits = { maxItems: limit, timeoutMs: TIMEOUT_MS, signal };
    const walk = { ...search, glob: search.glob, recursive: true };
    const result = await runWalk<Match>({ kind: 'search', root: root.path, walk }, limits);
    const lines = result.items.map(({ path, line, text }) => `${path}:${line}: ${text}`);
    const text = `${lines.join('\n') || 'No match.'}${endNote(result, 'matches')}`;
    return { text, data: { matches: result.items, truncated: result.truncated, timedOut: result.timedOut } };
  },
});
