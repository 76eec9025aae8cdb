import { json } from 'node:stream/consumers';
import type { KeychainAnswer, KeychainCall } from './keychain.js';

/**
 * Run by `Keychain` as a process of its own: the native library may wait for a person or a service that never answers,
 * and a process can be ended. Only types are imported from other files, so that it runs from its source, too.
 */
async function answer({ operation, service, account, secret }: KeychainCall): Promise<KeychainAnswer> {
  const { AsyncEntry } = await import('@napi-rs/keyring');
  // The kernel's keyring, which the library would take in its place, forgets everything when the machine restarts.
  const entry = new AsyncEntry(service, account, { linux: { store: 'secret-service' } });
  switch (operation) {
    case 'read':
      return { secret: (await entry.getPassword()) ?? undefined };
    case 'write':
      await entry.setPassword(secret ?? '');
      return {};
    case 'remove':
      await entry.deletePassword();
      return {};
  }
}

const answered = await answer((await json(process.stdin)) as KeychainCall).catch((error: unknown): KeychainAnswer => ({
  error: error instanceof Error ? error.message : String(error),
}));
process.stdout.write(JSON.stringify(answered));
