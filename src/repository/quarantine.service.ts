import { join } from 'node:path';
import {
  BASE_REF,
  branchRef,
  GitError,
  hasCommit,
  type ImportBundle,
  importBundle,
  inspectChanges,
  isAncestor,
  type ObjectFormat,
  type Repository,
  updateRef,
} from '@coorchat/git';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../platform/config/index.js';
import { BundleBlobs } from './bundle-blobs.service.js';
import { adoptObjects, antechamber, QuarantineFolder } from './quarantine-folder.js';

export interface IncomingCommits {
  readonly orgId: string;
  readonly repositoryId: string;
  readonly base: string;
  readonly objectFormat: ObjectFormat;
  /** The one reference that the bundle may carry. */
  readonly ref: string;
  readonly head: string;
  readonly bundleDigest: string;
  /** Null when no machine could share the history: nothing can be checked against it then. */
  readonly baseBundleDigest: string | null;
  /** Results that the bundle may build on besides the base. */
  readonly upstreams: readonly { readonly digest: string; readonly ref: string; readonly head: string }[];
}

export type Inspection =
  | { readonly accepted: true; readonly filesChanged: string[]; readonly flags: string[] }
  | { readonly accepted: false; readonly code: string; readonly message: string };

const TIMEOUT_MS = 600_000;

function refused(code: string, message: string): Inspection {
  return { accepted: false, code, message };
}

/** Faults of the bundle itself are an answer; faults of ours (time, disk, a missing git) are thrown. */
function refusalOf(error: unknown): Inspection {
  if (error instanceof GitError && error.code.startsWith('git.bundle_')) {
    return refused(error.code.replace(/^git\./, 'repository.'), error.message);
  }
  throw error;
}

/** Looks at commits from workers before anybody builds on them. No hooks, filters or submodules run here. */
@Injectable()
export class Quarantine {
  constructor(
    private readonly folder: QuarantineFolder,
    private readonly blobs: BundleBlobs,
    private readonly config: AppConfig,
  ) {}

  /** Harmless when repeated; what it needs is rebuilt from blobs. */
  inspect(incoming: IncomingCommits): Promise<Inspection> {
    return this.folder.use(incoming, async (repository, scratch) => {
      try {
        if (!(await this.ensureBase(repository, scratch, incoming))) {
          const what = `The control plane does not have the base commit ${incoming.base}`;
          return refused('repository.base_unavailable', `${what}: prepare it on a machine with a whole clone`);
        }
        return await this.take(repository, scratch, incoming);
      } catch (error) {
        return refusalOf(error);
      }
    });
  }

  private async ensureBase(repository: Repository, scratch: string, incoming: IncomingCommits): Promise<boolean> {
    if (await hasCommit(repository, incoming.base)) return true;
    if (incoming.baseBundleDigest === null) return false;
    const path = join(scratch, 'base.bundle');
    if (!(await this.blobs.download(incoming.orgId, incoming.baseBundleDigest, path))) return false;
    await importBundle(repository, {
      path,
      ref: BASE_REF,
      head: incoming.base,
      storeAs: `refs/coorchat/bases/${incoming.base}`,
      maxBytes: this.config.limits.blobMaxBytes,
      strictness: 'history',
      timeoutMs: TIMEOUT_MS,
    });
    return true;
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
