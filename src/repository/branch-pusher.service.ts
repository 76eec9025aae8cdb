import { canonicalUrl, transportUrl } from '@coorchat/contracts';
import { git, GitError, type GitProtocol, type Repository } from '@coorchat/git';
import { messageOf } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../platform/config/index.js';
import { leadsToPrivateNetwork } from '../platform/http/index.js';
import { repositoryErrors } from './repository.errors.js';

export interface BranchPush {
  /** Canonical URL of the repository, or the push URL as its admin wrote it. */
  readonly url: string;
  readonly head: string;
  /** Full name of the branch on the remote. */
  readonly ref: string;
}

const TIMEOUT_MS = 300_000;
/** Ours alone, so that a repeated delivery may move them. */
const OWN_BRANCHES = /^refs\/heads\/coorchat\//;

function protocolOf(canonical: string): GitProtocol {
  const scheme = canonical.slice(0, canonical.indexOf(':'));
  return scheme === 'ssh' || scheme === 'http' || scheme === 'file' ? scheme : 'https';
}

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
    const canonical = canonicalUrl(url);
    await this.refuseForbidden(canonical);
    const force = OWN_BRANCHES.test(ref) ? '+' : '';
    const target = url === canonical ? transportUrl(canonical) : url;
    const args = ['push', '--quiet', '--no-verify', '--no-signed', '--no-follow-tags', '--', target];
    await git([...args, `${force}${head}:${ref}`], {
      gitDir: repository.gitDir,
      identity: 'operator',
      protocols: [protocolOf(canonical)],
      timeoutMs: TIMEOUT_MS,
    }).catch((error: unknown) => {
      throw repositoryErrors.pushFailed(canonical, reasonOf(error), error);
    });
    return canonical;
  }

  private async refuseForbidden(canonical: string): Promise<void> {
    if (canonical.startsWith('file:')) {
      if (!this.config.git.allowFileRemotes) throw repositoryErrors.fileRemoteRefused();
      return;
    }
    if (this.config.allowPrivateOutbound) return;
    const { hostname } = new URL(canonical);
    const forbidden = await leadsToPrivateNetwork(hostname).catch((error: unknown) => {
      throw repositoryErrors.pushFailed(canonical, messageOf(error), error);
    });
    if (forbidden) throw repositoryErrors.privateRemoteRefused(hostname);
  }
}
