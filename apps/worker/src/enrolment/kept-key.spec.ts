import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AppError } from '@coorchat/kernel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KeyFile } from './key-file.js';
import type { KeyStore } from './key-store.js';
import { type KeptKeyOptions, keptKey } from './kept-key.js';
import { WorkerKey } from './worker-key.js';

/** A keychain of a person, with what can go wrong with one. */
class FakeKeychain {
  readonly entries = new Map<string, string>();
  isLocked = false;
  forgets = false;

  of(account: string): KeyStore {
    const open = <T>(act: () => T) => {
      if (!this.isLocked) return Promise.resolve(act());
      return Promise.reject(
        new AppError({ code: 'worker.keychain_unavailable', kind: 'unavailable', message: 'It is locked.' }),
      );
    };
    return {
      kind: 'keychain',
      place: 'the fake keychain',
      read: () => open(() => this.entries.get(account)),
      write: (secret) => open(() => void (this.forgets || this.entries.set(account, secret))),
      remove: () => open(() => void this.entries.delete(account)),
    };
  }
}

let dataDir: string;
let fake: FakeKeychain;

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'kept-key-'));
  fake = new FakeKeychain();
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

function kept(keyStore: KeptKeyOptions['keyStore'], more: Partial<KeptKeyOptions> = {}) {
  const keychain = ({ account }: { account: string }) => fake.of(account);
  return keptKey({ url: 'https://a.example', dataDir, keyStore, keychain, ...more });
}

const xOf = async (made: ReturnType<typeof kept>) => (await made).key.publicJwk['x'];

describe('a new key', () => {
  it('lies in the keychain, and the data folder says so without the key', async () => {
    const { store, key } = await kept('auto');
    expect(store.kind).toBe('keychain');
    expect(await readdir(dataDir)).toEqual(['worker-key.json']);
    expect(await xOf(kept('auto'))).toBe(key.publicJwk['x']);
  });

  it('lies in a file where the keychain is locked or keeps nothing, with the reason', async () => {
    fake.isLocked = true;
    const { store, note } = await kept('auto');
    expect([store.kind, note]).toEqual(['file', expect.stringMatching(/It is locked.*in a file/)]);
    await new KeyFile(dataDir).remove();
    [fake.isLocked, fake.forgets] = [false, true];
    expect((await kept('auto')).note).toMatch(/is not there/);
  });

  it('is not made where the owner wants the keychain and there is none', async () => {
    fake.isLocked = true;
    await expect(kept('keychain')).rejects.toMatchObject({ code: 'worker.keychain_unavailable' });
    expect(await readdir(dataDir)).toEqual([]);
  });

  it('is one for each data folder and control plane', async () => {
    const first = await xOf(kept('auto'));
    const dir = await mkdtemp(path.join(tmpdir(), 'kept-key-'));
    try {
      expect(await xOf(kept('auto', { dataDir: dir }))).not.toBe(first);
      expect(fake.entries.size).toBe(2);
      expect([...fake.entries.keys()]).toContain(`https://a.example ${dataDir}`);
    } finally {
      await rm(dir, { recursive: true });
    }
  });
});

describe('a key that is there', () => {
  it('is found under its account, whatever the control plane is called now', async () => {
    const made = await xOf(kept('auto', { url: 'http://localhost' }));
    expect(await xOf(kept('auto'))).toBe(made);
  });

  it('is never replaced while the keychain is locked, or when its entry is gone', async () => {
    const made = await xOf(kept('auto'));
    fake.isLocked = true;
    for (const choice of ['auto', 'keychain', 'file'] as const) {
      await expect(kept(choice)).rejects.toThrow(/cannot be had now.*--key-store file/);
    }
    fake.isLocked = false;
    expect(await xOf(kept('auto'))).toBe(made);
    fake.entries.clear();
    await expect(kept('auto')).rejects.toMatchObject({ code: 'worker.key_missing' });
    expect(fake.entries.size).toBe(0);
  });

  it('stays in its file, until the owner chooses the keychain, and moves back when they choose the file', async () => {
    const made = await xOf(kept('file'));
    expect((await kept('auto')).store.kind).toBe('file');
    const moved = await kept('keychain');
    expect([moved.store.kind, moved.note]).toEqual(['keychain', expect.stringContaining('into the keychain')]);
    expect(existsSync(new KeyFile(dataDir).place)).toBe(false);
    expect(await xOf(kept('auto'))).toBe(made);
    const back = await kept('file');
    expect([back.store.kind, back.key.publicJwk['x']]).toEqual(['file', made]);
    expect(fake.entries.size).toBe(0);
    expect(await readdir(dataDir)).toEqual(['worker-key.pem']);
  });

  it('stays in its file when it cannot move', async () => {
    const made = await xOf(kept('file'));
    fake.forgets = true;
    await expect(kept('keychain')).rejects.toMatchObject({ code: 'worker.keychain_unavailable' });
    expect(await xOf(kept('auto'))).toBe(made);
  });

  it('is one key after a move that was interrupted', async () => {
    const made = await kept('auto');
    await new KeyFile(dataDir).write(made.key.secret);
    expect(await xOf(kept('auto'))).toBe(made.key.publicJwk['x']);
    expect(existsSync(new KeyFile(dataDir).place)).toBe(false);
    await new KeyFile(dataDir).write(WorkerKey.generate().secret);
    expect(await xOf(kept('auto'))).toBe(made.key.publicJwk['x']);
  });

  it('is reported when it is damaged', async () => {
    await kept('auto');
    await writeFile(path.join(dataDir, 'worker-key.json'), '{');
    await expect(kept('auto')).rejects.toMatchObject({ code: 'worker.bad_key' });
    await rm(path.join(dataDir, 'worker-key.json'));
    await writeFile(new KeyFile(dataDir).place, 'no key');
    await expect(kept('auto')).rejects.toMatchObject({ code: 'worker.bad_key' });
  });
});
