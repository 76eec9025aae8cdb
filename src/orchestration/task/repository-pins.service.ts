import type { SubmitWork } from '@coorchat/contracts';
import { Inject, Injectable } from '@nestjs/common';
import type { Tx } from '../../platform/db/index.js';
import { Repositories, RepositoryBases } from '../../repository/index.js';
import { isFullCommit } from './submit.rules.js';
import type { StoredRepository } from './work.view.js';

export interface PinnedRepository {
  readonly repositoryId: string;
  /** Full SHA, when it is known already. */
  readonly baseCommit: string | null;
  /** A machine must still resolve the base or make it available to others. */
  readonly needsPrepare: boolean;
  readonly stored: StoredRepository;
}

/** The repository as it is when a request comes; a commit that another request prepared needs no preparation. */
@Injectable()
export class RepositoryPins {
  constructor(
    @Inject(Repositories) private readonly repositories: Repositories,
    @Inject(RepositoryBases) private readonly bases: RepositoryBases,
  ) {}

  async pin(tx: Tx, orgId: string, { url, ref }: NonNullable<SubmitWork['repository']>): Promise<PinnedRepository> {
    const { id: repositoryId, fetchUrl, checks } = await this.repositories.ensure(tx, orgId, url);
    const stored = { url: fetchUrl, checks };
    const known = isFullCommit(ref) ? await this.bases.find(tx, { repositoryId, commit: ref }) : undefined;
    if (!known || !isFullCommit(ref) || known.bundleDigest === null)
      return { repositoryId, baseCommit: null, needsPrepare: true, stored };
    const { objectFormat, bundleDigest: digest, bundleBytes } = known;
    const baseBundle = { digest, bytes: bundleBytes ?? 0 };
    return { repositoryId, baseCommit: ref, needsPrepare: false, stored: { ...stored, objectFormat, baseBundle } };
  }
}
