import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Prepared } from '@coorchat/a2a';
import { BASE_REF, createBundle, initBare, type Repository, updateRef } from '@coorchat/git';
import type { WorkspaceRequest } from '../attempt/workspace.port.js';
import { isOwners, mayDial, type ObjectSource, type ObjectSources } from './object-sources.js';
import { outlineOf } from './outline.js';
import { removeTree } from './remove-tree.js';
import { REMOTE_REFS } from './repository-cache.js';
import { CLONE_LAYOUT, defaultBranchOf, resolveCommit, type RefLayout } from './resolve-ref.js';
import { workspacePaths } from './workspace-state.js';
import { refMissing, repositoryMissing } from './workspace.errors.js';
import type { WorkspaceSetting } from './workspace.options.js';

interface Found extends ObjectSource {
  readonly commit: string;
  readonly defaultBranch: string | null;
}

const REMOTE_LAYOUT: RefLayout = { branches: [`${REMOTE_REFS}/heads`], tags: `${REMOTE_REFS}/tags` };

/** Role `prepare`: pins the commit, outlines the repository, offers its history to machines without a clone. */
export class RepositoryPreparation {
  constructor(
    private readonly setting: WorkspaceSetting,
    private readonly sources: ObjectSources,
  ) {}

  async prepare(request: WorkspaceRequest): Promise<Prepared> {
    const { ref, url } = request.repository;
    request.emit({ kind: 'step', text: 'looking at the repository' });
    const found = (await this.inClones(request)) ?? (await this.atRemote(request));
    if (found === 'no_repository') throw repositoryMissing(url);
    if (found === undefined) throw refMissing(ref ?? 'The default branch', url);
    const { top } = workspacePaths(request.dir);
    try {
      await mkdir(top, { recursive: true, mode: 0o700 });
      return await this.describe(request, found, top);
    } finally {
      await removeTree(top);
    }
  }

  private async inClones(request: WorkspaceRequest): Promise<Found | undefined> {
    const { signal, repository } = request;
    for (const clone of await this.sources.clones(request)) {
      const defaultBranch = await defaultBranchOf(clone.gitDir, signal);
      const wanted = repository.ref ?? defaultBranch;
      const commit = wanted === null ? undefined : await resolveCommit(clone, wanted, CLONE_LAYOUT, signal);
      if (commit !== undefined) return { ...clone, commit, defaultBranch };
    }
    return undefined;
  }

  private async atRemote(request: WorkspaceRequest): Promise<Found | 'no_repository' | undefined> {
    const { signal, repository, grant } = request;
    if (!mayDial(request, this.setting)) {
      return (await this.sources.clones(request)).length > 0 ? undefined : 'no_repository';
    }
    request.emit({ kind: 'step', text: `fetching ${repository.url}` });
    const dial = {
      orgId: grant.orgId,
      url: repository.url,
      asOwner: isOwners(request),
      timeoutMs: this.setting.limits.transferTimeoutMs,
      signal,
    };
    const { objectFormat, defaultBranch } = await this.sources.cache.remoteHead(dial);
    await this.sources.cache.fetch({ ...dial, objectFormat });
    return this.sources.cache.use({ ...dial, objectFormat }, async (cached) => {
      const wanted = repository.ref ?? defaultBranch;
      const commit = wanted === null ? undefined : await resolveCommit(cached, wanted, REMOTE_LAYOUT, signal);
      const objectDirs = [join(cached.gitDir, 'objects')];
      return commit === undefined ? undefined : { objectFormat, objectDirs, shallow: [], commit, defaultBranch };
    });
  }

  private async describe(request: WorkspaceRequest, found: Found, top: string): Promise<Prepared> {
    const { objectFormat, objectDirs: alternates, shallow, commit, defaultBranch } = found;
    const dir = join(top, 'prepare.git');
    const repository = await initBare(dir, { objectFormat, alternates, shallow, signal: request.signal });
    const { outline, lfs } = await outlineOf(repository, commit, request.signal);
    if (lfs.length > 0) {
      const named = lfs.slice(0, 20).join(', ');
      request.emit({
        kind: 'step',
        text: `${lfs.length} files are Git LFS pointers, without their contents: ${named}`,
      });
    }
    const baseBundle = shallow.length > 0 ? null : await this.uploadBase(request, repository, commit);
    return { base: commit, objectFormat, defaultBranch, baseBundle, outline };
  }

  private async uploadBase(request: WorkspaceRequest, repository: Repository, commit: string) {
    const given = request.repository;
    if (given.base === commit && given.baseBundle) return given.baseBundle;
    request.emit({ kind: 'step', text: 'bundling the repository for machines without it' });
    const path = join(repository.gitDir, '..', 'base.bundle');
    const { maxBaseBundleBytes, transferTimeoutMs: timeoutMs } = this.setting.limits;
    await updateRef(repository, BASE_REF, commit, request.signal);
    await createBundle(repository, { path, ref: BASE_REF, timeoutMs, signal: request.signal });
    const { size } = await stat(path);
    if (size <= maxBaseBundleBytes) return request.blobs.upload(path, request.signal);
    request.emit({ kind: 'step', text: `the repository is too large to share (${size} bytes)` });
    return null;
  }
}
