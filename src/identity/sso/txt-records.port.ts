import { Resolver } from 'node:dns/promises';
import { Injectable } from '@nestjs/common';

const TIMEOUT_MS = 5_000;

/** Asks DNS; another one in tests. */
@Injectable()
export class TxtRecords {
  /** Each record as one text; none when there are none, or DNS does not answer. */
  async at(name: string): Promise<string[]> {
    const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: 2 });
    const records = await resolver.resolveTxt(name).catch(() => []);
    return records.map((chunks) => chunks.join(''));
  }
}
