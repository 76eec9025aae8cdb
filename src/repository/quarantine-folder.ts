import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type BaseExtent, git, initBare, type ObjectFormat, type Repository } from '@coorchat/git';
import { KeyedMutex } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../platform/config/index.js';
import { withFileLock } from './file-lock.js';

export interface QuarantineKey {
  readonly orgId: string;
  readonly repositoryId: string;
  readonly objectFormat: ObjectFormat;
  readonly extent: BaseExtent;
}

const PACK_ORDER = ['.pack', '.rev', '.bitmap', '.idx'];

/** Bare repositories for what came from workers, one per organization, repository, object format and extent. */
@Injectable()
export class QuarantineFolder {
  private readonly mutex = new KeyedMutex();

  constructor(private readonly config: AppConfig) {}

  /** Asks the repository; false when there is none. */
  async has(key: QuarantineKey, question: (repository: Repository) => Promise<boolean>): Promise<boolean> {
    const there = await stat(this.pathOf(key)).catch(() => undefined);
    return there ? this.use(key, question) : false;
  }

  /** Runs work on the repository while nobody else does. It is made anew when it is missing or unreadable. */
  async use<T>(key: QuarantineKey, work: (repository: Repository, scratch: string) => Promise<T>): Promise<T> {
    const gitDir = this.pathOf(key);
    await mkdir(dirname(gitDir), { recursive: true, mode: 0o700 });
    return this.mutex.run(gitDir, () =>
      withFileLock(`${gitDir}.lock`, async () => {
        const scratch = `${gitDir}.scratch`;
        // A process that was killed may have left its own.
        await rm(scratch, { recursive: true, force: true });
        await mkdir(scratch, { mode: 0o700 });
        try {
          return await work(await this.openOrMake(gitDir, key.objectFormat), scratch);
        } finally {
          await rm(scratch, { recursive: true, force: true });
        }
      }),
    );
  }

  private pathOf({ orgId, repositoryId, objectFormat, extent }: QuarantineKey): string {
    const name = extent === 'whole' ? `${repositoryId}.${objectFormat}.git` : `${repositoryId}.${objectFormat}.cut.git`;
    return join(this.config.dataDir, 'quarantine', orgId, name);
  }

  private async openOrMake(gitDir: string, objectFormat: ObjectFormat): Promise<Repository> {
    const args = ['rev-parse', '--show-object-format'];
    const format = await git(args, { gitDir, exitCodes: [0, 128] }).catch(() => undefined);
    if (format?.stdout === objectFormat) return { gitDir, objectFormat };
    await rm(gitDir, { recursive: true, force: true });
    return initBare(gitDir, { objectFormat });
  }
}

/** A repository beside the quarantine that reads its objects: what is refused there never gets in. */
export async function antechamber(repository: Repository, scratch: string): Promise<Repository> {
  const { objectFormat, gitDir } = repository;
  const cuts = await readFile(join(gitDir, 'shallow'), 'utf8').catch(() => '');
  const shallow = cuts.split('\n').filter((line) => line !== '');
  const alternates = [join(gitDir, 'objects')];
  return initBare(join(scratch, 'incoming.git'), { objectFormat, alternates, shallow });
}

function rank(name: string): number {
  return PACK_ORDER.findIndex((suffix) => name.endsWith(suffix));
}

/** Moves the packs of one repository into another on the same disk; the index last, as git itself does. */
export async function adoptObjects(from: Repository, to: Repository): Promise<void> {
  const source = join(from.gitDir, 'objects', 'pack');
  const target = join(to.gitDir, 'objects', 'pack');
  const packs = (await readdir(source)).filter((name) => rank(name) >= 0).toSorted((a, b) => rank(a) - rank(b));
  for (const name of packs) await rename(join(source, name), join(target, name));
}
