import { createHash } from 'node:crypto';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { git, type GitProtocol, initBare, type ObjectFormat, type Repository } from '@coorchat/git';
import { transportUrl } from '@coorchat/contracts';
import { KeyedMutex } from '@coorchat/kernel';

export interface CachedRepository {
  /** Organization that the work belongs to: caches are never shared between organizations. */
  readonly orgId: string;
  /** Canonical. */
  readonly url: string;
  readonly objectFormat: ObjectFormat;
}

export interface RemoteFetch extends CachedRepository {
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

function protocolOf(url: string): GitProtocol {
  const scheme = url.slice(0, url.indexOf(':'));
  return scheme === 'ssh' || scheme === 'http' || scheme === 'file' ? scheme : 'https';
}

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
    const { stdout } = await git(
      ['ls-remote', '--symref', '--', transportUrl(fetch.url), 'HEAD'],
      this.dialling(fetch),
    );
    const branch = /^ref: refs\/heads\/(\S+)\tHEAD$/m.exec(stdout)?.[1] ?? null;
    return { objectFormat: /^[0-9a-f]{64}\t/m.test(stdout) ? 'sha256' : 'sha1', defaultBranch: branch };
  }

  /** Brings the cache's copy of the remote's branches and tags up to date. */
  async fetch(fetch: RemoteFetch): Promise<void> {
    const refs = ['heads', 'tags'].map((kind) => `+refs/${kind}/*:${REMOTE_REFS}/${kind}/*`);
    const flags = ['--quiet', '--no-tags', '--prune', '--no-write-fetch-head'];
    await this.use(fetch, ({ gitDir }) =>
      git(['fetch', ...flags, '--', transportUrl(fetch.url), ...refs], {
        ...this.dialling(fetch),
        gitDir,
        config: FSCK,
      }),
    );
  }

  private dialling(fetch: Pick<RemoteFetch, 'url' | 'asOwner' | 'timeoutMs' | 'signal'>) {
    const identity = fetch.asOwner ? ('operator' as const) : ('none' as const);
    return { protocols: [protocolOf(fetch.url)], identity, timeoutMs: fetch.timeoutMs, signal: fetch.signal };
  }

  private pathOf({ orgId, url, objectFormat }: CachedRepository): string {
    const name = createHash('sha256').update(`${orgId}\n${url}\n${objectFormat}`).digest('hex').slice(0, 40);
    return join(this.dir, `${name}.git`);
  }
}
