import { rm } from 'node:fs/promises';
import path from 'node:path';
import { readOwnFile, writeOwnFile } from './own-file.js';
import type { KeyStore } from './key-store.js';

/** The key in a file that only the owner of the account may read. */
export class KeyFile implements KeyStore {
  readonly kind = 'file';
  readonly place: string;

  constructor(dataDir: string) {
    this.place = path.join(dataDir, 'worker-key.pem');
  }

  read(): Promise<string | undefined> {
    return readOwnFile(this.place);
  }

  write(secret: string): Promise<void> {
    return writeOwnFile(this.place, secret);
  }

  remove(): Promise<void> {
    return rm(this.place, { force: true });
  }
}
