import { isRefName } from '@coorchat/git';
import { z } from 'zod';
import { ADDS, defineTool, OVERWRITES, type ToolCall } from '../define-tool.js';
import { ToolError } from '../toolbox.errors.js';
import { gitPaths, revision, runGit } from './git-run.js';

async function currentBranch(call: ToolCall): Promise<string | null> {
  const { stdout } = await runGit(call, ['symbolic-ref', '--short', '--quiet', 'HEAD'], { exitCodes: [0, 1] });
  return stdout.trim() || null;
}

function branchName(name: string | undefined): string {
  if (name !== undefined && isRefName(name)) return name;
  throw new ToolError('toolbox.bad_argument', `${JSON.stringify(name ?? '')} is not a name for a branch.`);
}

export const gitBranch = defineTool({
  name: 'git_branch',
  title: 'Git branches',
  description:
    'Lists branches, makes one, or switches to one. Only commits on the branch that was checked out at the start are handed in: be on it again at the end.',
  annotations: ADDS,
  input: z.object({
    action: z.enum(['list', 'create', 'switch']).default('list'),
    name: z.string().max(250).optional().describe('Branch to make or to switch to'),
    from: z.string().max(200).default('HEAD').describe('Where a new branch starts'),
  }),
  output: z.object({ current: z.string().nullable(), branches: z.array(z.string()) }),
  run: async ({ action, name, from }, call) => {
    if (action === 'create') await runGit(call, ['branch', '--no-track', '--', branchName(name), revision(from)]);
    if (action === 'switch') await runGit(call, ['switch', '--quiet', '--no-guess', branchName(name)]);
    const listed = await runGit(call, ['for-each-ref', '--format=%(refname:short)', 'refs/heads/']);
    const branches = listed.stdout.split('\n').filter((line) => line !== '');
    const current = await currentBranch(call);
    const text = branches.map((branch) => `${branch === current ? '*' : ' '} ${branch}`).join('\n');
    return { text: text || 'No branch has a commit yet.', data: { current, branches } };
  },
});

async function isAnythingStaged(call: ToolCall): Promise<boolean> {
  const { exitCode } = await runGit(call, ['diff', '--cached', '--quiet', '--no-ext-diff'], { exitCodes: [0, 1] });
  return exitCode === 1;
}

export const gitCommit = defineTool({
  name: 'git_commit',
  title: 'Git commit',
  description:
    'Commits changes: those of the named paths, or all of the working tree, new and deleted files included (what .gitignore names stays out).',
  annotations: ADDS,
  input: z.object({
    message: z.string().trim().min(1).max(20_000),
    paths: z.array(z.string().min(1)).max(500).default([]).describe('Only these files or folders'),
    author: z
      .object({ name: z.string().trim().min(1).max(200), email: z.string().trim().min(1).max(200) })
      .optional()
      .describe('Who wrote it, when it is not the worker'),
  }),
  output: z.object({
    commit: z.string(),
    branch: z.string().nullable(),
    files: z.array(z.object({ path: z.string(), change: z.string() })),
  }),
  run: async ({ message, paths, author }, call) => {
    await runGit(call, ['add', '--all', '--', ...(paths.length > 0 ? await gitPaths(call, paths) : ['.'])]);
    if (!(await isAnythingStaged(call))) {
      throw new ToolError('toolbox.git_failed', 'There is nothing to commit. git_status shows what is changed.');
    }
    const env: Record<string, string> = author ? { GIT_AUTHOR_NAME: author.name, GIT_AUTHOR_EMAIL: author.email } : {};
    const args = ['commit', '--quiet', '--no-verify', '--no-gpg-sign', '--cleanup=verbatim', '--file=-'];
    await runGit(call, args, { input: `${message}\n`, env });
    const commit = (await runGit(call, ['rev-parse', 'HEAD'])).stdout.trim();
    const show = ['diff-tree', '--root', '-r', '-z', '--no-commit-id', '--name-status', '--no-renames', 'HEAD'];
    const fields = (await runGit(call, show)).stdout.split('\0');
    const files = fields.flatMap((change, at) =>
      at % 2 === 0 && change ? [{ change, path: fields[at + 1] ?? '' }] : [],
    );
    const branch = await currentBranch(call);
    const list = files.map(({ change, path }) => `${change} ${path}`).join('\n');
    return { text: `Committed ${commit} on ${branch ?? 'a detached head'}:\n${list}`, data: { commit, branch, files } };
  },
});

export const gitApply = defineTool({
  name: 'git_apply',
  title: 'Apply a patch',
  description:
    'Applies a patch in unified diff format to the working tree. All of it applies, or nothing changes. checkOnly asks whether it would.',
  annotations: OVERWRITES,
  input: z.object({ patch: z.string().min(1), checkOnly: z.boolean().default(false) }),
  output: z.object({ applied: z.boolean(), files: z.array(z.string()) }),
  run: async ({ patch, checkOnly }, call) => {
    const input = patch.endsWith('\n') ? patch : `${patch}\n`;
    const check = checkOnly ? ['--check'] : [];
    await runGit(call, ['apply', '--recount', '--whitespace=nowarn', ...check, '-'], { input });
    const stat = await runGit(call, ['apply', '--recount', '--numstat', '-z', '-'], { input });
    const files = stat.stdout.split('\0').flatMap((line) => line.split('\t').at(-1) || []);
    const verb = checkOnly ? 'The patch applies to' : 'Applied the patch to';
    return { text: `${verb} ${files.join(', ')}.`, data: { applied: !checkOnly, files } };
  },
});
