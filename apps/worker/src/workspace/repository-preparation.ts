import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Prepared } from '@coorchat/a2a';
import { type BaseExtent, type Clone, createBaseBundle, initBare } from '@coorchat/git';
import { isAppError } from '@coorchat/kernel';
import type { WorkspaceRequest } from '../attempt/workspace.port.js';
import { isOwners, mayDial, type ObjectSource, type ObjectSources } from './object-sources.js';
import { outlineOf } from './outline.js';
import { removeTree } from './remove-tree.js';
import { REMOTE_REFS, type RemoteFetch, type RemoteHead } from './repository-cache.js';
import { CLONE_LAYOUT, defaultBranchOf, resolveCommit, type RefLayout } from './resolve-ref.js';
import { workspacePaths } from './workspace-state.js';
import { refMissing, remoteFailed, repositoryMissing, tooLargeToShare } from './workspace.errors.js';
import type { WorkspaceSetting } from './workspace.options.js';

interface Found extends ObjectSource {
  readonly commit: string;
  /** Full name under which the commit was asked for; null when that was its id. */
  readonly name: string | null;
  readonly defaultBranch: string | null;
}

const REMOTE_LAYOUT: RefLayout = { branches: [`${REMOTE_REFS}/heads`], tags: `${REMOTE_REFS}/tags` };

/** The control plane may take less than this machine would give. */
async function uploadUnlessRefused({ blobs, signal }: WorkspaceRequest, path: string) {
  return blobs.upload(path, signal).catch((error: unknown) => {
    if (isAppError(error) && error.code === 'worker.blob_refused') return undefined;
    throw error;
  });
}

/** Role `prepare`: pins the commit, outlines the repository, offers its history to machines without a clone. */
export class RepositoryPreparation {
  constructor(
    private readonly setting: WorkspaceSetting,
    private readonly sources: ObjectSources,
  ) {}

  async prepare(request: WorkspaceRequest): Promise<Prepared> {
    const { ref, url } = request.repository;
    request.emit({ kind: 'step', text: 'looking at the repository' });
    const found = await this.find(request);
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

  /** A whole clone tells most; one that was cut is better than nothing. */
  private async find(request: WorkspaceRequest): Promise<Found | 'no_repository' | undefined> {
    const clones = await this.sources.clones(request);
    const whole = clones.filter(({ shallow }) => shallow.length === 0);
    const found = await this.inClones(request, whole);
    if (found) return found;
    const dials = mayDial(request, this.setting);
    if (!dials && clones.length === 0) return 'no_repository';
    const fetched = dials ? await this.atRemote(request) : undefined;
    return fetched ?? this.inClones(request, clones);
  }

  private async inClones(request: WorkspaceRequest, clones: readonly Clone[]): Promise<Found | undefined> {
    const { signal, repository } = request;
    for (const clone of clones) {
      const defaultBranch = await defaultBranchOf(clone.gitDir, signal);
      const wanted = repository.ref ?? defaultBranch;
      const named = wanted === null ? undefined : await resolveCommit(clone, wanted, CLONE_LAYOUT, signal);
      if (named !== undefined) return { ...clone, ...named, defaultBranch };
    }
    return undefined;
  }

  private async atRemote(request: WorkspaceRequest): Promise<Found | undefined> {
    const { signal, repository, grant } = request;
    const address = await this.sources.dial(request);
    request.emit({ kind: 'step', text: `cloning ${address.publicUrl}` });
    const timeoutMs = this.setting.limits.transferTimeoutMs;
    const dial = { orgId: grant.orgId, url: repository.url, address, asOwner: isOwners(request), timeoutMs, signal };
    const { objectFormat, defaultBranch } = await this.fetched(dial);
    return this.sources.cache.use({ ...dial, objectFormat, extent: 'whole' }, async (cached) => {
      const wanted = repository.ref ?? defaultBranch;
      const named = wanted === null ? undefined : await resolveCommit(cached, wanted, REMOTE_LAYOUT, signal);
      const objectDirs = [join(cached.gitDir, 'objects')];
      return named && { objectFormat, objectDirs, shallow: [], ...named, defaultBranch };
    });
  }

  private async fetched(dial: Omit<RemoteFetch, 'objectFormat'>): Promise<RemoteHead> {
    try {
      const head = await this.sources.cache.remoteHead(dial);
      await this.sources.cache.fetch({ ...dial, objectFormat: head.objectFormat });
      return head;
    } catch (error) {
      throw remoteFailed(dial.address.publicUrl, error);
    }
  }

  private async describe(request: WorkspaceRequest, found: Found, top: string): Promise<Prepared> {
    const { objectFormat, objectDirs: alternates, shallow, commit, defaultBranch } = found;
    const dir = join(top, 'outline.git');
    const repository = await initBare(dir, { objectFormat, alternates, shallow, signal: request.signal });
    const { outline, lfs } = await outlineOf(repository, commit, request.signal);
    if (lfs.length > 0) {
      const named = lfs.slice(0, 20).join(', ');
      request.emit({
        kind: 'step',
        text: `${lfs.length} files are Git LFS pointers, without their contents: ${named}`,
      });
    }
    const baseBundle = await this.uploadBase(request, found, top);
    return { base: commit, objectFormat, defaultBranch, baseBundle, outline };
  }

  /** The whole history if it is here and fits, else the one commit: commits on top of it can be checked either way. */
  private async uploadBase(request: WorkspaceRequest, found: Found, top: string): Promise<Prepared['baseBundle']> {
    const { maxBaseBundleBytes: maxBytes } = this.setting.limits;
    const path = join(top, 'base.bundle');
    if (found.shallow.length === 0) {
      request.emit({ kind: 'step', text: 'bundling the repository for machines without it' });
      const bytes = await this.bundle(request, found, { path, top, extent: 'whole' });
      const uploaded = bytes <= maxBytes ? await uploadUnlessRefused(request, path) : undefined;
      if (uploaded) return uploaded;
      await rm(path);
      request.emit({ kind: 'step', text: `the history is too large to share (${bytes} bytes)` });
    }
    request.emit({ kind: 'step', text: 'bundling the one commit, without its history' });
    const bytes = await this.bundle(request, found, { path, top, extent: 'cut' });
    if (bytes > maxBytes) throw tooLargeToShare(request.repository.url, bytes, maxBytes);
    return request.blobs.upload(path, request.signal);
  }

  /** Size of the bundle that it wrote. */
  private async bundle(
    { signal }: WorkspaceRequest,
    { objectFormat, objectDirs: alternates, commit, name }: Found,
    { path, top, extent }: { path: string; top: string; extent: BaseExtent },
  ): Promise<number> {
    const shallow = extent === 'cut' ? [commit] : [];
    const repository = await initBare(join(top, `${extent}.git`), { objectFormat, alternates, shallow, signal });
    const timeoutMs = this.setting.limits.transferTimeoutMs;
    await createBaseBundle(repository, { path, base: commit, extent, askedAs: name, timeoutMs, signal });
    return (await stat(path)).size;
  }
}
