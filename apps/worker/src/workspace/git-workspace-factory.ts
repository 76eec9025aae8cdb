import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Prepared } from '@coorchat/a2a';
import { branchRef, git, identityEnvironment, initWorkTree } from '@coorchat/git';
import { AttemptFailure } from '../attempt/attempt.errors.js';
import { type Workspace, WorkspaceFactory, type WorkspaceRequest } from '../attempt/workspace.port.js';
import { GitWorkspace } from './git-workspace.js';
import { ObjectSources, type ObjectSource } from './object-sources.js';
import { removeTree } from './remove-tree.js';
import { RepositoryPreparation } from './repository-preparation.js';
import { mergeUpstreams, type WorkTree } from './upstream-merge.js';
import { loadState, saveState, workspacePaths, type WorkspacePaths, type WorkspaceState } from './workspace-state.js';
import { machineFault } from './workspace.errors.js';
import { DEFAULT_WORKSPACE_LIMITS, type WorkspaceOptions, type WorkspaceSetting } from './workspace.options.js';

/** Makes disposable repositories that borrow the objects of clones and caches, and nothing else of them. */
export class GitWorkspaceFactory extends WorkspaceFactory {
  private readonly setting: WorkspaceSetting;
  private readonly sources: ObjectSources;
  private readonly preparation: RepositoryPreparation;

  constructor(options: WorkspaceOptions) {
    super();
    this.setting = { ...options, limits: { ...DEFAULT_WORKSPACE_LIMITS, ...options.limits } };
    this.sources = new ObjectSources(this.setting);
    this.preparation = new RepositoryPreparation(this.setting, this.sources);
  }

  async create(request: WorkspaceRequest): Promise<Workspace> {
    const paths = workspacePaths(request.dir);
    await removeTree(paths.top);
    try {
      return await this.make(request, paths);
    } catch (error) {
      await removeTree(paths.top);
      request.signal.throwIfAborted();
      throw machineFault(error);
    }
  }

  async open(request: WorkspaceRequest): Promise<Workspace | undefined> {
    const paths = workspacePaths(request.dir);
    const state = await loadState(paths);
    const usable = state?.base === request.repository.base && (await stat(paths.root).catch(() => undefined));
    if (!state || !usable) return undefined;
    return new GitWorkspace({ request, setting: this.setting, paths, state });
  }

  async prepareRepository(request: WorkspaceRequest): Promise<Prepared> {
    try {
      return await this.preparation.prepare(request);
    } catch (error) {
      request.signal.throwIfAborted();
      throw machineFault(error);
    }
  }

  private async make(request: WorkspaceRequest, paths: WorkspacePaths): Promise<Workspace> {
    const { base, branch } = request.repository;
    if (base === null) {
      throw new AttemptFailure({ class: 'task', code: 'worker.base_unknown', message: 'The task has no base commit' });
    }
    request.emit({ kind: 'step', text: 'making the workspace' });
    await mkdir(paths.out, { recursive: true, mode: 0o700 });
    const source = await this.sources.find(request, base);
    const tree = await this.checkOut(request, source, { root: paths.root, base, ref: branchRef(branch) });
    await mergeUpstreams(tree, request, this.setting.limits);
    const state: WorkspaceState = {
      version: 1,
      base,
      ref: branchRef(branch),
      objectFormat: source.objectFormat,
      objectDirs: [...source.objectDirs],
      shallow: [...source.shallow],
    };
    await saveState(paths, state);
    return new GitWorkspace({ request, setting: this.setting, paths, state });
  }

  private async checkOut(
    { signal }: WorkspaceRequest,
    source: ObjectSource,
    at: { root: string; base: string; ref: string },
  ): Promise<WorkTree> {
    const { objectFormat, objectDirs: alternates, shallow } = source;
    const repository = await initWorkTree(at.root, { objectFormat, alternates, shallow, signal });
    const options = { gitDir: repository.gitDir, signal };
    const { GIT_AUTHOR_NAME: name = '', GIT_AUTHOR_EMAIL: email = '' } = identityEnvironment();
    await git(['config', 'user.name', name], options);
    await git(['config', 'user.email', email], options);
    await git(['config', 'commit.gpgSign', 'false'], options);
    await git(['update-ref', '--no-deref', at.ref, at.base], options);
    await git(['symbolic-ref', 'HEAD', at.ref], options);
    const timeoutMs = this.setting.limits.commandTimeoutMs;
    await git(['reset', '--hard', '--quiet'], { ...options, workTree: at.root, timeoutMs });
    return { ...repository, root: join(at.root) };
  }
}
