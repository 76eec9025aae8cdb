import { z } from 'zod';
import { defineTool, OVERWRITES, READS } from '../define-tool.js';
import { ToolError } from '../toolbox.errors.js';
import { replaceExactly, type Replaced } from './replacement.rules.js';
import { readText, writeText } from './text-file.js';
import { sliceLines } from './text-slice.rules.js';

const pathSchema = z.string().min(1).describe("Path relative to the task's folder, for example `src/index.ts`");
const line = z.number().int().positive();

export const readFile = defineTool({
  name: 'read_file',
  title: 'Read a file',
  description:
    'Reads a text file, all of it or some of its lines. Long files come in pieces: go on with startLine when the answer says that it is truncated. The text is exact, so edit_file can use it as it is.',
  annotations: READS,
  input: z.object({
    path: pathSchema,
    startLine: line.default(1).describe('First line, from 1'),
    endLine: line.optional().describe('Last line, inclusive'),
  }),
  output: z.object({
    path: z.string(),
    text: z.string(),
    startLine: z.number().int(),
    endLine: z.number().int(),
    totalLines: z.number().int(),
    bytes: z.number().int(),
    truncated: z.boolean(),
  }),
  run: async ({ path, startLine, endLine }, { root, options }) => {
    const file = await readText(root, path);
    const slice = sliceLines(file.text, { startLine, endLine, maxBytes: options.maxOutputBytes });
    if (startLine > Math.max(1, slice.totalLines)) {
      throw new ToolError('toolbox.bad_argument', `${path} has ${slice.totalLines} lines; startLine is ${startLine}.`);
    }
    const more = slice.truncated ? `\n[truncated: go on with startLine ${slice.endLine + 1}]` : '';
    const head = `[${path}, lines ${slice.startLine}-${slice.endLine} of ${slice.totalLines}]\n`;
    return { text: `${head}${slice.text}${more}`, data: { path, bytes: file.bytes, ...slice } };
  },
});

export const writeFile = defineTool({
  name: 'write_file',
  title: 'Write a file',
  description:
    'Writes a whole file and the folders that it needs; what was in it before is gone. To change a part of a file, edit_file is safer.',
  annotations: { ...OVERWRITES, idempotentHint: true },
  input: z.object({ path: pathSchema, content: z.string().describe('The whole new text') }),
  output: z.object({ path: z.string(), bytes: z.number().int(), created: z.boolean() }),
  run: async ({ path, content }, { root }) => {
    const { created } = await writeText(root, path, content);
    const bytes = Buffer.byteLength(content);
    return { text: `${created ? 'Created' : 'Replaced'} ${path} (${bytes} bytes).`, data: { path, bytes, created } };
  },
});

function mismatch(path: string, found: Extract<Replaced, { kind: 'mismatch' }>, text: string): ToolError {
  if (found.found === 0) {
    const crlf = text.includes('\r\n') ? ' The file has CRLF line ends.' : '';
    const hint = `Read the file again and copy the text exactly, blanks included.${crlf}`;
    return new ToolError('toolbox.edit_mismatch', `oldText does not occur in ${path}. ${hint}`);
  }
  const where = `${found.found} times in ${path}, at lines ${found.lines.join(', ')}`;
  const hint = 'Add surrounding lines to oldText until it is unique, or set occurrences.';
  return new ToolError('toolbox.edit_mismatch', `oldText occurs ${where}. ${hint}`);
}

export const editFile = defineTool({
  name: 'edit_file',
  title: 'Edit a file',
  description:
    'Replaces an exact piece of text in a file. oldText must occur exactly once, or as often as `occurrences` says; otherwise nothing changes. Blanks and line breaks count.',
  annotations: OVERWRITES,
  input: z.object({
    path: pathSchema,
    oldText: z.string().min(1).describe('The text to replace, exactly as it is in the file'),
    newText: z.string().describe('What takes its place; empty to delete'),
    occurrences: z.number().int().positive().default(1).describe('How often oldText occurs; all are replaced'),
  }),
  output: z.object({ path: z.string(), replacements: z.number().int(), firstLine: z.number().int() }),
  run: async ({ path, ...replacement }, { root }) => {
    // Asked before reading, so that a file that may not be written gives that reason.
    await root.resolve(path, { write: true });
    const { text, exact } = await readText(root, path);
    if (!exact) throw new ToolError('toolbox.wrong_kind', `${path} is not UTF-8 text: an edit would damage it.`);
    const edited = replaceExactly(text, replacement);
    if (edited.kind === 'mismatch') throw mismatch(path, edited, text);
    await writeText(root, path, edited.text);
    const { firstLine } = edited;
    const replacements = replacement.occurrences;
    const times = replacements === 1 ? '' : ` ${replacements} times, first`;
    return { text: `Replaced${times} at line ${firstLine} of ${path}.`, data: { path, replacements, firstLine } };
  },
});
