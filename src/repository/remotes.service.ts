import { type RepositoryAddress, repositoryAddress } from '@coorchat/contracts';
import { git, GitError, pinnedHost, type PinnedOptions, WITHOUT_REDIRECTS } from '@coorchat/git';
import { messageOf } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../platform/config/index.js';
import { destinationOf, judgedAddresses, outboundPolicy, type Resolve } from '../platform/http/index.js';
import { repositoryErrors } from './repository.errors.js';

export interface RemoteCall {
  /** What git is given. */
  readonly url: string;
  readonly gitDir: string;
  /** The arguments of git, around the URL. */
  readonly args: (url: string) => readonly string[];
}

const TIMEOUT_MS = 300_000;
const UNPINNED: PinnedOptions = { config: WITHOUT_REDIRECTS, env: {} };

/** The line of git's answer that says why, without its advice. */
function reasonOf(error: unknown): string {
  if (!(error instanceof GitError)) return messageOf(error);
  const lines = (error.stderr || error.message).split('\n').map((line) => line.trim());
  const told = lines.filter((line) => /^(?:fatal|error|remote|!)\b|^!/.test(line) && !line.startsWith('hint'));
  return (told.length > 0 ? told : lines).slice(0, 5).join('; ');
}

/** As we have read it: git and its libraries take some spellings (backslashes) for other hosts than we do. */
function dialled({ fetchUrl, protocol, hostname }: RepositoryAddress): string {
  if (hostname === null || protocol === 'ssh') return fetchUrl;
  const url = new URL(fetchUrl);
  url.hostname = hostname;
  return url.href;
}

/** The port that is called; `git@host:path` has none. */
function portText({ fetchUrl }: RepositoryAddress): string {
  return fetchUrl.includes('://') ? new URL(fetchUrl).port : '';
}

/** Git against remotes, with the credentials of whoever operates the control plane. */
@Injectable()
export class Remotes {
  /** For tests, that have no name servers of their own. */
  protected readonly resolve: Resolve | undefined = undefined;

  constructor(private readonly config: AppConfig) {}

  /** What git printed. @throws AppError `repository.push_failed`, `repository.…_remote_refused` */
  async run({ url, gitDir, args }: RemoteCall): Promise<string> {
    const address = repositoryAddress(url);
    const { config, env } = await this.pinned(address);
    const options = { gitDir, config, env, identity: 'operator', timeoutMs: TIMEOUT_MS } as const;
    const { stdout } = await git(args(dialled(address)), { ...options, protocols: [address.protocol] }).catch(
      (error: unknown) => {
        throw repositoryErrors.pushFailed(address.publicUrl, reasonOf(error), error);
      },
    );
    return stdout;
  }

  /** Judges where the host leads, and holds git to just that. A host that the operator names may be an alias of ssh. */
  private async pinned(address: RepositoryAddress): Promise<PinnedOptions> {
    const { hostname, protocol, publicUrl } = address;
    if (hostname === null) {
      if (!this.config.git.allowFileRemotes) throw repositoryErrors.fileRemoteRefused();
      return UNPINNED;
    }
    const destination = destinationOf({ hostname, port: portText(address), protocol: `${protocol}:` });
    const policy = outboundPolicy(this.config.outboundAllow);
    const judged = await judgedAddresses(destination, policy, this.resolve).catch((error: unknown) => {
      if (protocol === 'ssh' && policy.allow.names(destination)) return undefined;
      throw repositoryErrors.pushFailed(publicUrl, messageOf(error), error);
    });
    if (judged === undefined) return UNPINNED;
    if ('fault' in judged) throw repositoryErrors.privateRemoteRefused(hostname, judged.fault);
    return pinnedHost({ protocol, hostname: destination.hostname, port: destination.port, ...judged });
  }
}
