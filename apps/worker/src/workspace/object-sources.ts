import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  BASE_REF,
  type Clone,
  hasCommit,
  importBundle,
  locateClone,
  type ObjectFormat,
  type Repository,
} from '@coorchat/git';
import type { WorkspaceRequest } from '../attempt/workspace.port.js';
import { RepositoryCache } from './repository-cache.js';
import { baseMissing } from './workspace.errors.js';
import type { WorkspaceSetting } from './workspace.options.js';

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

function sourceOf(repository: Repository): ObjectSource {
  return { objectFormat: repository.objectFormat, objectDirs: [join(repository.gitDir, 'objects')], shallow: [] };
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
    const owned = (await this.setting.clones()).filter(({ url }) => url === request.repository.url);
    const located = await Promise.all(
      owned.map(({ path }) => locateClone(path, request.signal).catch(() => undefined)),
    );
    const usable = located.filter((clone) => clone !== undefined && !clone.partial);
    return usable.filter((clone) => clone !== undefined).toSorted((a, b) => a.shallow.length - b.shallow.length);
  }

  async find(request: WorkspaceRequest, base: string): Promise<ObjectSource> {
    const clone = await this.cloneWith(request, base);
    if (clone) return clone;
    const { objectFormat, url } = request.repository;
    const cached = { orgId: request.grant.orgId, url, objectFormat };
    const present = await this.cache.use(
      cached,
      async (repository) =>
        (await hasCommit(repository, base, request.signal)) || (await this.fromBundle(request, repository, base)),
    );
    if (!present && mayDial(request, this.setting)) await this.fromRemote(request);
    return this.cache.use(cached, async (repository) => {
      if (!(await hasCommit(repository, base, request.signal))) throw baseMissing(url, base);
      return sourceOf(repository);
    });
  }

  private async cloneWith(request: WorkspaceRequest, base: string): Promise<ObjectSource | undefined> {
    for (const clone of await this.clones(request)) {
      if (clone.objectFormat !== request.repository.objectFormat) continue;
      if (await hasCommit(clone, base, request.signal)) return clone;
    }
    return undefined;
  }

  private async fromBundle(request: WorkspaceRequest, repository: Repository, base: string): Promise<boolean> {
    const { baseBundle } = request.repository;
    if (!baseBundle) return false;
    const path = join(request.dir, 'base.bundle');
    request.emit({ kind: 'step', text: 'obtaining the repository from the control plane' });
    try {
      await request.blobs.download(baseBundle, path, request.signal);
      await importBundle(repository, {
        path,
        ref: BASE_REF,
        head: base,
        storeAs: `refs/coorchat/bases/${base}`,
        maxBytes: this.setting.limits.maxBaseBundleBytes,
        strictness: 'history',
        timeoutMs: this.setting.limits.transferTimeoutMs,
        signal: request.signal,
      });
      return true;
    } finally {
      await rm(path, { force: true });
    }
  }

  private fromRemote(request: WorkspaceRequest): Promise<void> {
    const { url, objectFormat } = request.repository;
    request.emit({ kind: 'step', text: `fetching ${url}` });
    const timeoutMs = this.setting.limits.transferTimeoutMs;
    const asOwner = isOwners(request);
    return this.cache.fetch({
      orgId: request.grant.orgId,
      url,
      objectFormat,
      asOwner,
      timeoutMs,
      signal: request.signal,
    });
  }
}
