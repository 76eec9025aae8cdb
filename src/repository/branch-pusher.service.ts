import { repositoryAddress } from '@coorchat/contracts';
import type { Repository } from '@coorchat/git';
import { Injectable } from '@nestjs/common';
import { Remotes } from './remotes.service.js';

export interface BranchPush {
  /** What git is given. */
  readonly url: string;
  readonly head: string;
  /** Full name of the branch on the remote. */
  readonly ref: string;
}

const FLAGS = ['--quiet', '--no-verify', '--no-signed', '--no-follow-tags'];
/** Ours alone, so that a repeated delivery may move them. */
const OWN_BRANCHES = /^refs\/heads\/coorchat\//;

/** Pushes a delivered branch. */
@Injectable()
export class BranchPusher {
  constructor(private readonly remotes: Remotes) {}

  /** Returns where it was pushed. @throws AppError `repository.push_failed`, `repository.…_remote_refused` */
  async push({ gitDir }: Repository, { url, head, ref }: BranchPush): Promise<string> {
    const force = OWN_BRANCHES.test(ref) ? '+' : '';
    const refspec = `${force}${head}:${ref}`;
    await this.remotes.run({ url, gitDir, args: (target) => ['push', ...FLAGS, '--', target, refspec] });
    return repositoryAddress(url).publicUrl;
  }
}
