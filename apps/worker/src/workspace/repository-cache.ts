import { createHash } from 'node:crypto';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type BaseExtent, git, initBare, type ObjectFormat, type Repository } from '@coorchat/git';
import { type RepositoryAddress, repositoryIdentity } from '@coorchat/contracts';
import { KeyedMutex } from '@coorchat/kernel';

export interface CachedRepository {
  /** Organization that the work belongs to: caches are never shared between organizations. */
  readonly orgId: string;
  /** In any spelling. */
  readonly url: string;
  readonly objectFormat: ObjectFormat;
  /** Bases without their history are kept apart from whole histories. */
  readonly extent: BaseExtent;
}

export interface RemoteFetch extends Omit<CachedRepository, 'extent'> {
  /** What git dials. */
  readonly address: RepositoryAddress;
  /** Whether the credentials of the machine's owner may be used. */
  readonly asOwner: boolean;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface RemoteHead {
  readonly objectFormat: ObjectFormat;
  readonly defaultBranch: string | null;
}

/** Where the remote's branches and tags are kept in a cache. */
export const REMOTE_REFS = 'refs/coorchat/remote';
/** Old harmless faults that real histories carry. */
const OLD_FAULTS = [
  'zeroPaddedFilemode',
  'missingSpaceBeforeDate',
  'badTimezone',
  'missingSpaceBeforeEmail',
  'badDate',
];
const FSCK = Object.fromEntries([
  ['fetch.fsckObjects', 'true'],
  ...OLD_FAULTS.map((fault) => [`fetch.fsck.${fault}`, 'ignore']),
]) as Record<string, string>;

/** The worker's own bare repositories, which lend their objects to disposable ones. */
export class RepositoryCache {
  private readonly mutex = new KeyedMutex();

  constructor(private readonly dir: string) {}

  /** Runs work on the cache while nobody else changes it; makes it when there is none. */
  use<T>(of: CachedRepository, work: (repository: Repository) => Promise<T>): Promise<T> {
    const gitDir = this.pathOf(of);
    return this.mutex.run(gitDir, async () => {
      const made = await stat(join(gitDir, 'HEAD')).catch(() => undefined);
      if (made) return work({ gitDir, objectFormat: of.objectFormat });
      await mkdir(this.dir, { recursive: true, mode: 0o700 });
      return work(await initBare(gitDir, { objectFormat: of.objectFormat }));
    });
  }

  /** Asks the remote for its default branch and object format. */
  async remoteHead(fetch: Omit<RemoteFetch, 'objectFormat'>): Promise<RemoteHead> {
    const { stdout } = await git(['ls-remote', '--symref', '--', fetch.address.fetchUrl, 'HEAD'], this.dialling(fetch));
    const branch = /^ref: refs\/heads\/(\S+)\tHEAD$/m.exec(stdout)?.[1] ?? null;
    return { objectFormat: /^[0-9a-f]{64}\t/m.test(stdout) ? 'sha256' : 'sha1', defaultBranch: branch };
  }

  /** Brings the cache's copy of the remote's branches and tags up to date. */
  async fetch(fetch: RemoteFetch): Promise<void> {
    const refs = ['heads', 'tags'].map((kind) => `+refs/${kind}/*:${REMOTE_REFS}/${kind}/*`);
    const flags = ['--quiet', '--no-tags', '--prune', '--no-write-fetch-head'];
    await this.use({ ...fetch, extent: 'whole' }, ({ gitDir }) =>
      git(['fetch', ...flags, '--', fetch.address.fetchUrl, ...refs], {
        ...this.dialling(fetch),
        gitDir,
        config: FSCK,
      }),
    );
  }

  private dialling(fetch: Pick<RemoteFetch, 'address' | 'asOwner' | 'timeoutMs' | 'signal'>) {
    const identity = fetch.asOwner ? ('operator' as const) : ('none' as const);
    return { protocols: [fetch.address.protocol], identity, timeoutMs: fetch.timeoutMs, signal: fetch.signal };
  }

  private pathOf({ orgId, url, objectFormat, extent }: CachedRepository): string {
    const key = `${orgId}\n${repositoryIdentity(url)}\n${objectFormat}`;
    const name = createHash('sha256').update(key).digest('hex').slice(0, 40);
    return join(this.dir, extent === 'whole' ? `${name}.git` : `${name}.cut.git`);
  }
}
