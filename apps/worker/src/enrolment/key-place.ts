import { rm } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '@coorchat/kernel';
import { z } from 'zod';
import { readOwnFile, writeOwnFile } from './own-file.js';

const placeSchema = z.object({ version: z.literal(1), store: z.literal('keychain'), account: z.string().min(1) });

/**
 * That the key of this data folder lies in the keychain, and under which account. With it, a keychain that is locked for
 * a while is a fault, and no reason to make another key.
 */
export class KeyPlace {
  readonly path: string;

  constructor(dataDir: string) {
    this.path = path.join(dataDir, 'worker-key.json');
  }

  /** Account of the entry; undefined when the key is not in the keychain. @throws AppError `worker.bad_key` */
  async read(): Promise<string | undefined> {
    const text = await readOwnFile(this.path);
    if (text === undefined) return undefined;
    try {
      return placeSchema.parse(JSON.parse(text)).account;
    } catch (error) {
      const message = `${this.path} is damaged. Remove it and enrol this machine anew.`;
      throw new AppError({ code: 'worker.bad_key', kind: 'precondition', message, cause: error });
    }
  }

  write(account: string): Promise<void> {
    return writeOwnFile(this.path, `${JSON.stringify({ version: 1, store: 'keychain', account }, null, 2)}\n`);
  }

  remove(): Promise<void> {
    return rm(this.path, { force: true });
  }
}
