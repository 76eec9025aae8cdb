import { join } from 'node:path';
import {
  branchRef,
  hasCommit,
  type ImportBundle,
  importBundle,
  inspectChanges,
  isAncestor,
  type Repository,
  updateRef,
} from '@coorchat/git';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../platform/config/index.js';
import { BaseShelf, type WantedBase } from './base-shelf.service.js';
import { BundleBlobs } from './bundle-blobs.service.js';
import { adoptObjects, antechamber, QuarantineFolder } from './quarantine-folder.js';
import { type Refusal, refusalOf, refused } from './refusal.js';

export interface IncomingCommits extends WantedBase {
  /** The one reference that the bundle may carry. */
  readonly ref: string;
  readonly head: string;
  readonly bundleDigest: string;
  /** Results that the bundle may build on besides the base. */
  readonly upstreams: readonly { readonly digest: string; readonly ref: string; readonly head: string }[];
}

export type Inspection =
  { readonly accepted: true; readonly filesChanged: string[]; readonly flags: string[] } | Refusal;

const TIMEOUT_MS = 600_000;

/** Looks at commits from workers before anybody builds on them. No hooks, filters or submodules run here. */
@Injectable()
export class Quarantine {
  constructor(
    private readonly folder: QuarantineFolder,
    private readonly shelf: BaseShelf,
    private readonly blobs: BundleBlobs,
    private readonly config: AppConfig,
  ) {}

  /** Harmless when repeated; what it needs is rebuilt from blobs. */
  async inspect(incoming: IncomingCommits): Promise<Inspection> {
    try {
      const key = await this.shelf.provide(incoming);
      if (key) return await this.folder.use(key, (repository, scratch) => this.take(repository, scratch, incoming));
      const what = `The control plane does not have the base commit ${incoming.base}`;
      return refused('repository.base_unavailable', `${what}: submit the work again`);
    } catch (error) {
      return refusalOf(error);
    }
  }

  private async take(repository: Repository, scratch: string, incoming: IncomingCommits): Promise<Inspection> {
    const { orgId, base, head, ref } = incoming;
    const entrance = await antechamber(repository, scratch);
    for (const upstream of incoming.upstreams) {
      if (await hasCommit(repository, upstream.head)) continue;
      const path = join(scratch, 'upstream.bundle');
      if (await this.blobs.download(orgId, upstream.digest, path))
        await this.importTask(entrance, { ...upstream, path });
    }
    const path = join(scratch, 'task.bundle');
    if (!(await this.blobs.download(orgId, incoming.bundleDigest, path))) {
      return refused('repository.bundle_missing', `The bundle ${incoming.bundleDigest} was not uploaded`);
    }
    await this.importTask(entrance, { path, ref, head });
    if (!(await isAncestor(entrance, { ancestor: base, descendant: head }))) {
      return refused('repository.bundle_not_descending', `The commits do not descend from ${base}`);
    }
    const { submodules, filesChanged, flags } = await inspectChanges(entrance, { base, head });
    if (submodules.length > 0) {
      const named = submodules.slice(0, 20).join(', ');
      return refused('repository.submodule_change', `Changes of submodules are not taken over: ${named}`);
    }
    await adoptObjects(entrance, repository);
    await updateRef(repository, `refs/coorchat/results/${head}`, head);
    return { accepted: true, filesChanged, flags };
  }

  private importTask(into: Repository, bundle: Pick<ImportBundle, 'path' | 'ref' | 'head'>): Promise<void> {
    return importBundle(into, {
      path: bundle.path,
      ref: branchRef(bundle.ref),
      head: bundle.head,
      storeAs: `refs/coorchat/incoming/${bundle.head}`,
      maxBytes: this.config.limits.bundleMaxBytes,
      strictness: 'task',
      timeoutMs: TIMEOUT_MS,
    });
  }
}
