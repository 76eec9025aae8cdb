import { createPrivateKey } from 'node:crypto';
import { AppError, messageOf } from '@coorchat/kernel';
import type { KeyKeeping } from '@coorchat/contracts';
import { WorkerKey } from './worker-key.js';

/** Where a private key lies. */
export interface KeyStore {
  readonly kind: KeyKeeping;
  /** For people, who want to know. */
  readonly place: string;
  /** Undefined when there is none. @throws AppError `worker.keychain_unavailable` */
  read(): Promise<string | undefined>;
  write(secret: string): Promise<void>;
  remove(): Promise<void>;
}

/** @throws AppError `worker.bad_key` */
export function openedKey(secret: string, place: string): WorkerKey {
  try {
    return new WorkerKey(createPrivateKey(secret));
  } catch (error) {
    const message = `The worker's private key in ${place} cannot be read (${messageOf(error)}). Remove it and enrol this machine anew.`;
    throw new AppError({ code: 'worker.bad_key', kind: 'precondition', message, cause: error });
  }
}
