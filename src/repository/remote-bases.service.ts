import { join } from 'node:path';
import { git, type Repository } from '@coorchat/git';
import { isAppError } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { antechamber } from './quarantine-folder.js';
import { parseRemoteRefs, type RemoteRef, targetRefs } from './remote-base.rules.js';
import { Remotes } from './remotes.service.js';

export interface BaseQuestion {
  readonly url: string;
  readonly base: string;
  /** Branch, tag or commit as the submitter named it; null for the default branch. */
  readonly askedRef: string | null;
}

const PROBED = 'refs/coorchat/probed';
/** More references are fetched by pattern: command lines have an end. */
const MAX_NAMED = 100;

function refspecs(refs: readonly RemoteRef[]): string[] {
  const names = refs.length <= MAX_NAMED ? refs.map(({ name }) => name) : ['refs/heads/*', 'refs/tags/*'];
  return names.map((name) => `+${name}:${PROBED}/${name}`);
}

/** Asks a remote whether it knows a base: one machine's word for it is not enough to push on top of it. */
@Injectable()
export class RemoteBases {
  constructor(private readonly remotes: Remotes) {}

  /** `repository` has the base; `scratch` is a folder to work in. @throws AppError `repository.push_failed` */
  async knows(repository: Repository, scratch: string, { url, base, askedRef }: BaseQuestion): Promise<boolean> {
    const { gitDir } = repository;
    const listed = await this.remotes.run({ url, gitDir, args: (target) => ['ls-remote', '--', target] });
    const targets = targetRefs(parseRemoteRefs(listed), askedRef);
    if (targets.some(({ oid }) => oid === base)) return true;
    return targets.length > 0 && this.contains(repository, scratch, { url, base, targets });
  }

  private async contains(
    repository: Repository,
    scratch: string,
    { url, base, targets }: { url: string; base: string; targets: readonly RemoteRef[] },
  ): Promise<boolean> {
    const { gitDir } = await antechamber(repository, join(scratch, 'probe'));
    const flags = ['--quiet', '--no-tags', '--no-write-fetch-head'];
    const args = (target: string) => ['fetch', ...flags, '--', target, ...refspecs(targets)];
    await this.remotes.run({ url, gitDir, args });
    const { stdout } = await git(['for-each-ref', '--count=1', `--contains=${base}`, PROBED], { gitDir });
    return stdout !== '';
  }
}

/** A second opinion may be out of reach. */
export function unknownIfUnreachable(error: unknown): false {
  if (isAppError(error)) return false;
  throw error;
}
