import { z } from 'zod';
import { defineTool, READS } from '../define-tool.js';
import { gitPaths, revision, runGit } from './git-run.js';
import { parseStatus } from './status.rules.js';

export const gitStatus = defineTool({
  name: 'git_status',
  title: 'Git status',
  description: 'Shows the branch, the last commit and which files differ from it.',
  annotations: READS,
  input: z.object({}),
  output: z.object({
    branch: z.string().nullable(),
    head: z.string().nullable(),
    clean: z.boolean(),
    files: z.array(
      z.object({ path: z.string(), index: z.string(), worktree: z.string(), from: z.string().optional() }),
    ),
  }),
  run: async (_, call) => {
    const args = ['status', '--porcelain=v2', '--branch', '--untracked-files=all', '--ignore-submodules=all', '-z'];
    const status = parseStatus((await runGit(call, args)).stdout);
    const clean = status.files.length === 0;
    const lines = status.files.map(({ path, index, worktree, from }) => {
      return `${index}${worktree} ${from === undefined ? '' : `${from} -> `}${path}`;
    });
    const head = `On ${status.branch ?? 'a detached head'} at ${status.head ?? 'no commit yet'}.`;
    return {
      text: [head, ...(clean ? ['Nothing is changed.'] : lines)].join('\n'),
      data: { ...status, clean, files: [...status.files] },
    };
  },
});

const pathsSchema = z.array(z.string().min(1)).max(200).default([]).describe('Only these files or folders');

export const gitDiff = defineTool({
  name: 'git_diff',
  title: 'Git diff',
  description:
    'Shows differences as a patch: of the working tree (untracked files are not in it), of the index (staged), or between commits (from, to).',
  annotations: READS,
  input: z.object({
    staged: z.boolean().default(false),
    from: z.string().max(200).optional().describe('Commit, branch or tag to compare with; HEAD is usual'),
    to: z.string().max(200).optional().describe('With from: the other side, else the working tree'),
    paths: pathsSchema,
    statOnly: z.boolean().default(false).describe('Only how many lines of which files'),
  }),
  output: z.object({ diff: z.string(), truncated: z.boolean() }),
  run: async ({ staged, from, to, paths, statOnly }, call) => {
    const sides = [from, from === undefined ? undefined : to].filter((side) => side !== undefined).map(revision);
    const options = ['--no-ext-diff', '--no-textconv', '--no-color', '--ignore-submodules=all'];
    const flags = [...(staged ? ['--cached'] : []), ...(statOnly ? ['--stat'] : [])];
    const args = ['diff', ...options, ...flags, ...sides, '--', ...(await gitPaths(call, paths))];
    const { stdout, truncated } = await runGit(call, args, { maxOutputBytes: call.options.maxOutputBytes });
    const note = truncated ? '\n[the middle is left out; ask for fewer paths]' : '';
    return { text: stdout === '' ? 'No differences.' : `${stdout}${note}`, data: { diff: stdout, truncated } };
  },
});

const FIELDS = ['%H', '%an', '%aI', '%s', '%b'];

export const gitLog = defineTool({
  name: 'git_log',
  title: 'Git log',
  description: 'Lists commits, newest first.',
  annotations: READS,
  input: z.object({
    ref: z.string().max(200).default('HEAD').describe('Commit, branch, tag or range such as main..HEAD'),
    limit: z.number().int().positive().max(200).default(20),
    paths: pathsSchema,
  }),
  output: z.object({
    commits: z.array(
      z.object({ commit: z.string(), author: z.string(), at: z.string(), subject: z.string(), body: z.string() }),
    ),
  }),
  run: async ({ ref, limit, paths }, call) => {
    const format = `--format=${FIELDS.join('%x00')}%x00`;
    const args = [
      'log',
      '-z',
      format,
      '--no-color',
      `-n${limit}`,
      revision(ref),
      '--',
      ...(await gitPaths(call, paths)),
    ];
    const fields = (await runGit(call, args)).stdout.split('\0');
    const commits = [];
    for (let at = 0; at + FIELDS.length <= fields.length - 1; at += FIELDS.length + 1) {
      const [commit = '', author = '', date = '', subject = '', body = ''] = fields.slice(at, at + FIELDS.length);
      commits.push({ commit, author, at: date, subject, body: body.trim() });
    }
    const lines = commits.map((each) => `${each.commit.slice(0, 12)} ${each.at} ${each.author}: ${each.subject}`);
    return { text: lines.join('\n') || 'No commits.', data: { commits } };
  },
});
