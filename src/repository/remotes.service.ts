import { type RepositoryAddress, repositoryAddress } from '@coorchat/contracts';
import { git, GitError } from '@coorchat/git';
import { messageOf } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../platform/config/index.js';
import { leadsToPrivateNetwork } from '../platform/http/index.js';
import { repositoryErrors } from './repository.errors.js';

export interface RemoteCall {
  /** What git is given. */
  readonly url: string;
  readonly gitDir: string;
  /** The arguments of git, around the URL. */
  readonly args: (url: string) => readonly string[];
}

const TIMEOUT_MS = 300_000;

/** The line of git's answer that says why, without its advice. */
function reasonOf(error: unknown): string {
  if (!(error instanceof GitError)) return messageOf(error);
  const lines = (error.stderr || error.message).split('\n').map((line) => line.trim());
  const told = lines.filter((line) => /^(?:fatal|error|remote|!)\b|^!/.test(line) && !line.startsWith('hint'));
  return (told.length > 0 ? told : lines).slice(0, 5).join('; ');
}

/** Git against remotes, with the credentials of whoever operates the control plane. */
@Injectable()
export class Remotes {
  constructor(private readonly config: AppConfig) {}

  /** What git printed. @throws AppError `repository.push_failed`, `repository.…_remote_refused` */
  async run({ url, gitDir, args }: RemoteCall): Promise<string> {
    const address = repositoryAddress(url);
    await this.refuseForbidden(address);
    const options = { gitDir, identity: 'operator', protocols: [address.protocol], timeoutMs: TIMEOUT_MS } as const;
    const { stdout } = await git(args(address.fetchUrl), options).catch((error: unknown) => {
      throw repositoryErrors.pushFailed(address.publicUrl, reasonOf(error), error);
    });
    return stdout;
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
