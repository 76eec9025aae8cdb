/** One changed path of a tree comparison. */
export interface Change {
  readonly path: string;
  /** Octal mode after the change, `000000` for a deleted file. */
  readonly mode: string;
  readonly oldMode: string;
  /** Object after the change, zeros for a deleted file. */
  readonly oid: string;
}

const GITLINK = '160000';
const SYMLINK = '120000';

const CI_PATHS = [
  /^\.github\/(?:workflows|actions)\//,
  /^\.(?:gitlab-ci|travis|drone|woodpecker|cirrus|appveyor)\.ya?ml$/,
  /^\.(?:circleci|buildkite|gitea\/workflows|forgejo\/workflows|woodpecker|teamcity)\//,
  /^(?:azure-pipelines|bitbucket-pipelines|appveyor|cloudbuild)[^/]*\.ya?ml$/,
  /(?:^|\/)Jenkinsfile[^/]*$/,
  /^\.ci\//,
];
const AGENT_PATHS = [
  /(?:^|\/)(?:CLAUDE|CLAUDE\.local|AGENTS|GEMINI)\.md$/i,
  /(?:^|\/)\.(?:claude|cursor|opencode|codex|gemini|windsurf|aider|continue|roo)(?:\/|$)/,
  /(?:^|\/)\.mcp\.json$/,
  /(?:^|\/)\.(?:cursorrules|windsurfrules|clinerules|roomodes|aider\.conf\.yml)$/,
  /(?:^|\/)opencode\.jsonc?$/,
  /^\.github\/(?:copilot-instructions\.md|instructions\/)/,
  /^\.vscode\/(?:mcp|tasks|settings)\.json$/,
];
const GIT_HOOK_PATHS = [/(?:^|\/)\.(?:husky|githooks)\//, /^(?:lefthook\.ya?ml|\.pre-commit-config\.yaml)$/];

function matches(patterns: readonly RegExp[], path: string): boolean {
  return patterns.some((pattern) => pattern.test(path));
}

function flagsOf({ path, mode, oldMode }: Change): string[] {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  return [
    ...(name === '.gitattributes' ? [`attributes:${path}`] : []),
    ...(name === '.gitmodules' ? [`submodules:${path}`] : []),
    ...(mode === SYMLINK ? [`symlink:${path}`] : []),
    ...(mode === '100755' && oldMode === '100644' ? [`executable:${path}`] : []),
    ...(matches(CI_PATHS, path) ? [`ci:${path}`] : []),
    ...(matches(AGENT_PATHS, path) ? [`agent-config:${path}`] : []),
    ...(matches(GIT_HOOK_PATHS, path) ? [`hooks:${path}`] : []),
  ];
}

/** What a reviewer should look at first, as `<reason>:<path>`. */
export function changeFlags(changes: readonly Change[]): string[] {
  return changes.flatMap(flagsOf);
}

/** Paths where a submodule is added, moved or removed. */
export function submoduleChanges(changes: readonly Change[]): string[] {
  return changes.filter(({ mode, oldMode }) => mode === GITLINK || oldMode === GITLINK).map(({ path }) => path);
}

/** Whether a symbolic link at `path` points out of the repository; an unknown target is taken for one. */
export function leavesRepository(path: string, target: string | undefined): boolean {
  if (target === undefined || /^(?:[/\\]|[a-zA-Z]:)/.test(target)) return true;
  const folders = path.split('/').slice(0, -1);
  for (const part of target.split(/[/\\]/)) {
    if (part === '..' && folders.pop() === undefined) return true;
    if (part !== '..' && part !== '.' && part !== '') folders.push(part);
  }
  return folders[0] === '.git';
}
