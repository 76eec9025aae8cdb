import { createPrivateKey } from 'node:crypto';
import { AppError, messageOf } from '@coorchat/kernel';
import { WorkerKey } from './worker-key.js';

/** Where a private key lies. */
export interface KeyStore {
  /** For people, who want to know. */
  readonly place: string;
  read(): Promise<string | undefined>;
  write(secret: string): Promise<void>;
}

/** The worker's key: the stored one, or one that is made now. @throws AppError `worker.bad_key` */
export async function workerKey(store: KeyStore): Promise<WorkerKey> {
  const stored = await store.read();
  if (stored !== undefined) return opened(stored, store.place);
  const key = WorkerKey.generate();
  await store.write(key.secret);
  return key;
}

function opened(secret: string, place: string): WorkerKey {
  try {
    return new WorkerKey(createPrivateKey(secret));
  } catch (error) {
    const message = `The worker's private key in ${place} cannot be read (${messageOf(error)}). Remove it and enrol this machine anew.`;
    throw new AppError({ code: 'worker.bad_key', kind: 'precondition', message, cause: error });
  }
}
