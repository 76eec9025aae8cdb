import { join } from 'node:path';
import {
  type BaseExtent,
  cutHistoryAt,
  hasCommit,
  importBase,
  type ObjectFormat,
  OID_LENGTH,
  readBaseHeader,
  type Repository,
  updateRef,
} from '@coorchat/git';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../platform/config/index.js';
import { type BaseClaim, doubtsAboutBase } from './base-claim.rules.js';
import { BundleBlobs } from './bundle-blobs.service.js';
import { adoptObjects, antechamber, QuarantineFolder, type QuarantineKey } from './quarantine-folder.js';
import { accepted, type Refusal, refusalOf, refused } from './refusal.js';

export interface WantedBase {
  readonly orgId: string;
  readonly repositoryId: string;
  readonly base: string;
  readonly objectFormat: ObjectFormat;
  /** Null when no machine could share it. */
  readonly baseBundleDigest: string | null;
}

export interface IncomingBase extends WantedBase, BaseClaim {}

export type BaseInspection = { readonly accepted: true } | Refusal;

interface Opened {
  readonly repository: Repository;
  readonly scratch: string;
}

interface Shelving {
  readonly wanted: WantedBase;
  readonly extent: BaseExtent;
  readonly path: string;
  readonly whole: Opened;
}

const TIMEOUT_MS = 600_000;

function keyOf({ orgId, repositoryId, objectFormat }: WantedBase, extent: BaseExtent): QuarantineKey {
  return { orgId, repositoryId, objectFormat, extent };
}

/** Base commits that commits from workers are checked against. Whole histories and cut ones are kept apart. */
@Injectable()
export class BaseShelf {
  constructor(
    private readonly folder: QuarantineFolder,
    private readonly blobs: BundleBlobs,
    private readonly config: AppConfig,
  ) {}

  /** The quarantine that has the base, filled from its bundle when none has. Throws `GitError` `git.bundle_…`. */
  async provide(wanted: WantedBase): Promise<QuarantineKey | undefined> {
    const known = await this.find(wanted);
    if (known || wanted.baseBundleDigest === null) return known;
    return this.withBundle(wanted, wanted.baseBundleDigest, async (path, whole) => {
      const { extent } = await readBaseHeader(path, this.config.limits.blobMaxBytes);
      return extent && this.shelve({ wanted, extent, path, whole });
    });
  }

  /** Looks at what a `prepare` task says: nobody works on a base that its bundle does not hold. */
  async inspect(incoming: IncomingBase): Promise<BaseInspection> {
    const { base, objectFormat, baseBundleDigest: digest } = incoming;
    if (base.length !== OID_LENGTH[objectFormat] || !/^[0-9a-f]+$/.test(base)) {
      return refused('repository.base_not_a_commit', 'The base is no full commit id');
    }
    if (digest === null) return refused('repository.base_not_shared', 'The machine shared no bundle of the base');
    try {
      const verdict = await this.withBundle(incoming, digest, async (path, whole) => {
        const header = await readBaseHeader(path, this.config.limits.blobMaxBytes);
        const doubt = doubtsAboutBase(incoming, header);
        if (doubt || !header.extent)
          return doubt ?? refused('repository.base_not_shared', 'The bundle carries no base');
        const { extent } = header;
        if (!(await this.find(incoming, whole))) await this.shelve({ wanted: incoming, extent, path, whole });
        return accepted;
      });
      return verdict ?? refused('repository.bundle_missing', `The bundle ${digest} was not uploaded`);
    } catch (error) {
      return refusalOf(error);
    }
  }

  /** The quarantine that has the base already. */
  async find(wanted: WantedBase, opened?: Opened): Promise<QuarantineKey | undefined> {
    const there = (repository: Repository) => hasCommit(repository, wanted.base);
    const [whole, cut] = [keyOf(wanted, 'whole'), keyOf(wanted, 'cut')];
    if (opened ? await there(opened.repository) : await this.folder.has(whole, there)) return whole;
    return (await this.folder.has(cut, there)) ? cut : undefined;
  }

  private async shelve({ wanted, extent, path, whole }: Shelving): Promise<QuarantineKey> {
    const key = keyOf(wanted, extent);
    const take = (into: Opened) => this.take(into, { wanted, extent, path });
    // The whole one is ours at this moment; the lock of the other is always taken after it.
    if (extent === 'whole') await take(whole);
    else await this.folder.use(key, (repository, scratch) => take({ repository, scratch }));
    return key;
  }

  /** By way of the antechamber: a base that turns out to be incomplete leaves nothing behind. */
  private async take(
    { repository, scratch }: Opened,
    { wanted, extent, path }: Omit<Shelving, 'whole'>,
  ): Promise<void> {
    const { base } = wanted;
    const entrance = await antechamber(repository, scratch);
    const maxBytes = this.config.limits.blobMaxBytes;
    await importBase(entrance, { path, base, extent, maxBytes, timeoutMs: TIMEOUT_MS });
    if (extent === 'cut') await cutHistoryAt(repository, base);
    await adoptObjects(entrance, repository);
    await updateRef(repository, `refs/coorchat/bases/${base}`, base);
  }

  /** Undefined when the organization has no such blob. The whole quarantine is open meanwhile. */
  private withBundle<T>(
    wanted: WantedBase,
    digest: string,
    work: (path: string, whole: Opened) => Promise<T>,
  ): Promise<T | undefined> {
    return this.folder.use(keyOf(wanted, 'whole'), async (repository, scratch) => {
      const path = join(scratch, 'base.bundle');
      if (!(await this.blobs.download(wanted.orgId, digest, path))) return undefined;
      return work(path, { repository, scratch });
    });
  }
}
