import { AppError, isAppError, messageOf } from '@coorchat/kernel';
import type { KeyStorePreference } from '../config/worker-config.schema.js';
import { KeyFile } from './key-file.js';
import { KeyPlace } from './key-place.js';
import { type KeyStore, openedKey } from './key-store.js';
import { Keychain, type KeychainOptions } from './keychain.js';
import { WorkerKey } from './worker-key.js';

export interface KeptKeyOptions {
  readonly url: string;
  readonly dataDir: string;
  readonly keyStore: KeyStorePreference;
  /** The operating system's, unless a test says otherwise. */
  readonly keychain?: (options: KeychainOptions) => KeyStore;
}

export interface KeptKey {
  readonly key: WorkerKey;
  readonly store: KeyStore;
  /** What a person should know about where it lies. */
  readonly note?: string;
}

/** A person may have to unlock it. */
const UNLOCK_MS = 60_000;
/** Nobody waits for a key that can as well lie in a file. */
const PROBE_MS = 10_000;

/**
 * The worker's key: the one it has, or one that is made now. Where it lies, stays: a keychain that does not answer never
 * leads to a second key. It moves only when its owner chooses the other store.
 * @throws AppError `worker.keychain_unavailable`, `worker.key_missing`, `worker.bad_key`
 */
export async function keptKey(options: KeptKeyOptions): Promise<KeptKey> {
  const account = await new KeyPlace(options.dataDir).read();
  if (account !== undefined) return inKeychain(options, account);
  const file = new KeyFile(options.dataDir);
  const secret = await file.read();
  if (secret === undefined) return newKey(options);
  const key = openedKey(secret, file.place);
  return options.keyStore === 'keychain' ? toKeychain(options, key) : { key, store: file };
}

function keychainOf({ keychain }: KeptKeyOptions, account: string, timeoutMs = UNLOCK_MS): KeyStore {
  const options = { account, timeoutMs };
  return keychain ? keychain(options) : new Keychain(options);
}

async function inKeychain(options: KeptKeyOptions, account: string): Promise<KeptKey> {
  const place = new KeyPlace(options.dataDir);
  const [store, file] = [keychainOf(options, account), new KeyFile(options.dataDir)];
  const secret = await store.read().catch((error: unknown) => {
    throw locked(error, place.path);
  });
  if (secret === undefined) throw missing(store.place, place.path);
  const key = openedKey(secret, store.place);
  if (options.keyStore !== 'file') {
    // Left behind by a move that was interrupted.
    if ((await file.read()) === secret) await file.remove();
    return { key, store };
  }
  await file.write(secret);
  await place.remove();
  const left = await store.remove().then(
    () => '',
    () => `; its entry in ${store.place} could not be removed`,
  );
  return { key, store: file, note: `the private key was moved out of the keychain${left}` };
}

/** The entry first, then the word that it is there, then the file goes: at each moment there is one key to be found. */
async function toKeychain(options: KeptKeyOptions, key: WorkerKey): Promise<KeptKey> {
  const store = await putInto(keychainOf(options, accountOf(options)), key);
  await new KeyPlace(options.dataDir).write(accountOf(options));
  await new KeyFile(options.dataDir).remove();
  return { key, store, note: 'the private key was moved into the keychain' };
}

async function newKey(options: KeptKeyOptions): Promise<KeptKey> {
  const key = WorkerKey.generate();
  const file = new KeyFile(options.dataDir);
  if (options.keyStore === 'file') return { key, store: await putInto(file, key) };
  const keychain = keychainOf(options, accountOf(options), options.keyStore === 'auto' ? PROBE_MS : UNLOCK_MS);
  try {
    await putInto(keychain, key);
  } catch (error) {
    if (options.keyStore === 'keychain' || !isAppError(error)) throw error;
    return { key, store: await putInto(file, key), note: `${messageOf(error)} The private key lies in a file` };
  }
  await new KeyPlace(options.dataDir).write(accountOf(options));
  return { key, store: keychain };
}

/** Some keychains take a secret and keep nothing: what was written has to be read again. */
async function putInto(store: KeyStore, key: WorkerKey): Promise<KeyStore> {
  await store.write(key.secret);
  if ((await store.read()) === key.secret) return store;
  const message = `The private key was written to ${store.place}, and is not there.`;
  throw new AppError({ code: 'worker.keychain_unavailable', kind: 'unavailable', message });
}

function accountOf({ url, dataDir }: KeptKeyOptions): string {
  return `${url} ${dataDir}`;
}

function locked(cause: unknown, place: string): AppError {
  const message = `The private key of this worker lies in the operating system's keychain, as ${place} says, and cannot be had now. ${messageOf(cause)} Unlock the keychain, or start the worker in a session that has one. To keep the key in a file, start it there once with --key-store file.`;
  return new AppError({ code: 'worker.keychain_unavailable', kind: 'unavailable', message, cause });
}

function missing(store: string, place: string): AppError {
  const message = `The private key of this worker is not in ${store}. If the keychain is unlocked, the key is lost: remove ${place}, and enrol this machine anew.`;
  return new AppError({ code: 'worker.key_missing', kind: 'precondition', message });
}
