import { type RepositoryAddress, repositoryAddress } from '@coorchat/contracts';
import { git, GitError, type Repository } from '@coorchat/git';
import { messageOf } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../platform/config/index.js';
import { leadsToPrivateNetwork } from '../platform/http/index.js';
import { repositoryErrors } from './repository.errors.js';

export interface BranchPush {
  /** What git is given. */
  readonly url: string;
  readonly head: string;
  /** Full name of the branch on the remote. */
  readonly ref: string;
}

const TIMEOUT_MS = 300_000;
/** Ours alone, so that a repeated delivery may move them. */
const OWN_BRANCHES = /^refs\/heads\/coorchat\//;

/** The line of git's answer that says why, without its advice. */
function reasonOf(error: unknown): string {
  if (!(error instanceof GitError)) return messageOf(error);
  const lines = (error.stderr || error.message).split('\n').map((line) => line.trim());
  const told = lines.filter((line) => /^(?:fatal|error|remote|!)\b|^!/.test(line) && !line.startsWith('hint'));
  return (told.length > 0 ? told : lines).slice(0, 5).join('; ');
}

/** Pushes a delivered branch with the credentials of whoever operates the control plane. */
@Injectable()
export class BranchPusher {
  constructor(private readonly config: AppConfig) {}

  /** Returns where it was pushed. @throws AppError `repository.push_failed`, `repository.…_remote_refused` */
  async push(repository: Repository, { url, head, ref }: BranchPush): Promise<string> {
    const address = repositoryAddress(url);
    await this.refuseForbidden(address);
    const force = OWN_BRANCHES.test(ref) ? '+' : '';
    const args = ['push', '--quiet', '--no-verify', '--no-signed', '--no-follow-tags', '--', address.fetchUrl];
    await git([...args, `${force}${head}:${ref}`], {
      gitDir: repository.gitDir,
      identity: 'operator',
      protocols: [address.protocol],
      timeoutMs: TIMEOUT_MS,
    }).catch((error: unknown) => {
      throw repositoryErrors.pushFailed(address.publicUrl, reasonOf(error), error);
    });
    return address.publicUrl;
  }

  private async refuseForbidden({ hostname, publicUrl }: RepositoryAddress): Promise<void> {
    if (hostname === null) {
      if (!this.config.git.allowFileRemotes) throw repositoryErrors.fileRemoteRefused();
      return;
    }
    if (this.config.allowPrivateOutbound) return;
    const forbidden = await leadsToPrivateNetwork(hostname).catch((error: unknown) => {
      throw repositoryErrors.pushFailed(publicUrl, messageOf(error), error);
    });
    if (forbidden) throw repositoryErrors.privateRemoteRefused(hostname);
  }
}
