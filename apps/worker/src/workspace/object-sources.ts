import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type RepositoryAddress, repositoryAddress, repositoryIdentity } from '@coorchat/contracts';
import {
  type BaseExtent,
  type Clone,
  GitError,
  hasCommit,
  importBase,
  locateClone,
  type ObjectFormat,
  readBaseHeader,
} from '@coorchat/git';
import type { WorkspaceRequest } from '../attempt/workspace.port.js';
import { type CachedRepository, RepositoryCache } from './repository-cache.js';
import { baseMissing, remoteFailed } from './workspace.errors.js';
import type { OwnedClone, WorkspaceSetting } from './workspace.options.js';

/** Folders from which a disposable repository borrows its objects. */
export interface ObjectSource {
  readonly objectFormat: ObjectFormat;
  readonly objectDirs: readonly string[];
  readonly shallow: readonly string[];
}

/**
 * The machine's owner works for others too: their tasks see neither the owner's clones nor use the owner's
 * credentials.
 */
export function isOwners(request: WorkspaceRequest): boolean {
  return request.grant.orgId === request.grant.providerOrgId;
}

export function mayDial(request: WorkspaceRequest, setting: WorkspaceSetting): boolean {
  if (request.repository.url.startsWith('file:')) return setting.allowFileRemotes === true && isOwners(request);
  return setting.allowClone === true || request.grant.network === 'full';
}

/** Finds the objects of a base commit: the owner's clone, the worker's cache, the bundle, the remote. */
export class ObjectSources {
  readonly cache: RepositoryCache;

  constructor(private readonly setting: WorkspaceSetting) {
    this.cache = new RepositoryCache(join(setting.dataDir, 'cache'));
  }

  /** The owner's usable clones of the task's repository, whole ones first. */
  async clones(request: WorkspaceRequest): Promise<Clone[]> {
    if (!isOwners(request)) return [];
    const owned = await this.owned(request);
    const located = await Promise.all(
      owned.map(({ path }) => locateClone(path, request.signal).catch(() => undefined)),
    );
    const usable = located.filter((clone) => clone !== undefined && !clone.partial);
    return usable.filter((clone) => clone !== undefined).toSorted((a, b) => a.shallow.length - b.shallow.length);
  }

  /** What the worker dials: as the owner's clone does, whose credentials fit, else as the request says. */
  async dial(request: WorkspaceRequest): Promise<RepositoryAddress> {
    const [known] = (await this.owned(request)).flatMap(({ fetchUrl }) => fetchUrl ?? []);
    return repositoryAddress(known ?? request.repository.url);
  }

  async find(request: WorkspaceRequest, base: string): Promise<ObjectSource> {
    const near = (await this.cloneWith(request, base)) ?? (await this.cachedWith(request, base));
    if (near) return near;
    const extent = await this.fromBundle(request, base);
    if (extent === undefined && mayDial(request, this.setting)) await this.fromRemote(request);
    const found = await this.cachedWith(request, base);
    if (!found) throw baseMissing(request.repository.url, base);
    return found;
  }

  private async owned(request: WorkspaceRequest): Promise<OwnedClone[]> {
    if (!isOwners(request)) return [];
    const identity = repositoryIdentity(request.repository.url);
    return (await this.setting.clones()).filter(({ url }) => repositoryIdentity(url) === identity);
  }

  private async cloneWith(request: WorkspaceRequest, base: string): Promise<ObjectSource | undefined> {
    for (const clone of await this.clones(request)) {
      if (clone.objectFormat !== request.repository.objectFormat) continue;
      if (await hasCommit(clone, base, request.signal)) return clone;
    }
    return undefined;
  }

  private cached({ grant, repository }: WorkspaceRequest, extent: BaseExtent): CachedRepository {
    return { orgId: grant.orgId, url: repository.url, objectFormat: repository.objectFormat, extent };
  }

  private async cachedWith(request: WorkspaceRequest, base: string): Promise<ObjectSource | undefined> {
    const { objectFormat } = request.repository;
    for (const extent of ['whole', 'cut'] as const) {
      const source = await this.cache.use(this.cached(request, extent), async (repository) => {
        if (!(await hasCommit(repository, base, request.signal))) return undefined;
        const shallow = extent === 'cut' ? [base] : [];
        return { objectFormat, objectDirs: [join(repository.gitDir, 'objects')], shallow };
      });
      if (source) return source;
    }
    return undefined;
  }

  private async fromBundle(request: WorkspaceRequest, base: string): Promise<BaseExtent | undefined> {
    const { baseBundle } = request.repository;
    if (!baseBundle) return undefined;
    const path = join(request.dir, 'base.bundle');
    const { maxBaseBundleBytes: maxBytes, transferTimeoutMs: timeoutMs } = this.setting.limits;
    request.emit({ kind: 'step', text: 'obtaining the repository from the control plane' });
    try {
      await request.blobs.download(baseBundle, path, request.signal);
      const { extent } = await readBaseHeader(path, maxBytes);
      if (extent === undefined) {
        throw new GitError({ code: 'git.bundle_unexpected_ref', message: 'The bundle carries no base' });
      }
      const bundle = { path, base, extent, maxBytes, timeoutMs, signal: request.signal };
      await this.cache.use(this.cached(request, extent), (repository) => importBase(repository, bundle));
      return extent;
    } finally {
      await rm(path, { force: true });
    }
  }

  private async fromRemote(request: WorkspaceRequest): Promise<void> {
    const { url, objectFormat } = request.repository;
    const address = await this.dial(request);
    request.emit({ kind: 'step', text: `fetching ${address.publicUrl}` });
    const timeoutMs = this.setting.limits.transferTimeoutMs;
    const { orgId } = request.grant;
    const asOwner = isOwners(request);
    await this.cache
      .fetch({ orgId, url, address, objectFormat, asOwner, timeoutMs, signal: request.signal })
      .catch((error: unknown) => {
        throw remoteFailed(address.publicUrl, error);
      });
  }
}
