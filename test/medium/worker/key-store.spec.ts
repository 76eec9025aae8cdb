import { createServer, type Server } from 'node:net';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { machineFactsOf } from '@coorchat/a2a';
import { AgentCard } from '@a2a-js/sdk';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KeyFile } from '../../../apps/worker/src/enrolment/key-file.js';
import type { KeyStore } from '../../../apps/worker/src/enrolment/key-store.js';
import { Keychain } from '../../../apps/worker/src/enrolment/keychain.js';
import { keptKey, type KeptKeyOptions } from '../../../apps/worker/src/enrolment/kept-key.js';
import { ControlPlaneStub } from './control-plane.stub.js';
import { SecretService } from './secret-service.js';
import { WorkerUnderTest } from './worker-process.js';

const service = process.platform === 'linux' ? await SecretService.start() : undefined;
if (!service) process.stderr.write('gnome-keyring is not here: keys of workers are tried in files only.\n');
const NO_BUS = 'unix:path=/nonexistent/bus';
const before = process.env.DBUS_SESSION_BUS_ADDRESS;

let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'key-store-'));
});
afterEach(async () => {
  if (before === undefined) delete process.env.DBUS_SESSION_BUS_ADDRESS;
  else process.env.DBUS_SESSION_BUS_ADDRESS = before;
  await rm(dataDir, { recursive: true, force: true });
});
afterAll(() => service?.stop());

function onBus(address: string): void {
  process.env.DBUS_SESSION_BUS_ADDRESS = address;
}

const kept = (more: Partial<KeptKeyOptions> = {}) =>
  keptKey({ url: 'https://a.example', dataDir, keyStore: 'auto', ...more });

const STORES: { name: string; store: (owner: string) => KeyStore }[] = [
  { name: 'a file', store: (owner) => new KeyFile(path.join(dataDir, owner)) },
];
if (service) {
  const store = (owner: string) => new Keychain({ account: path.join(dataDir, owner), timeoutMs: 10_000 });
  STORES.push({ name: 'the Secret Service', store });
}

describe.each(STORES)('$name', ({ store }) => {
  it('keeps a secret until it is overwritten or removed, apart from the others', async () => {
    if (service) onBus(service.address);
    const [mine, yours] = [store('mine'), store('yours')];
    expect(await mine.read()).toBeUndefined();
    await mine.remove();
    await mine.write('first\nline');
    await yours.write('other');
    await mine.write('second\nline');
    expect([await mine.read(), await yours.read(), await store('mine').read()]).toEqual([
      'second\nline',
      'other',
      'second\nline',
    ]);
    await mine.remove();
    expect([await mine.read(), await yours.read()]).toEqual([undefined, 'other']);
    await yours.remove();
  });
});

// The library is the real one; on other systems it would find a keychain.
describe.runIf(process.platform === 'linux')('a machine without a keychain', () => {
  it('gets its key in a file of the account alone, with the reason, or no key at all', async () => {
    onBus(NO_BUS);
    await expect(kept({ keyStore: 'keychain' })).rejects.toMatchObject({ code: 'worker.keychain_unavailable' });
    expect(await readdir(dataDir)).toEqual([]);
    const { store, note } = await kept();
    expect([store.kind, note]).toEqual(['file', expect.stringMatching(/keychain cannot be used.*lies in a file/)]);
    expect((await stat(store.place)).mode & 0o777).toBe(0o600);
  });

  it('does not wait for a service that says nothing', async () => {
    const socket = path.join(dataDir, 'bus');
    const silent: Server = createServer((line) => line.resume());
    await new Promise<void>((done) => silent.listen(socket, done));
    try {
      onBus(`unix:path=${socket}`);
      const keychain = ({ account }: { account: string }) => new Keychain({ account, timeoutMs: 300 });
      const { store, note } = await kept({ keychain });
      expect([store.kind, note]).toEqual(['file', expect.stringContaining('no answer within 0.3 s')]);
    } finally {
      await new Promise((done) => silent.close(done));
    }
  });
});

describe.runIf(service)('a machine with a keychain', () => {
  it('keeps its key there, also when the keychain is away for a while', async () => {
    onBus(service?.address ?? '');
    const { key, store } = await kept();
    expect([store.kind, await readdir(dataDir)]).toEqual(['keychain', ['worker-key.json']]);
    onBus(NO_BUS);
    await expect(kept()).rejects.toMatchObject({ code: 'worker.keychain_unavailable' });
    onBus(service?.address ?? '');
    expect((await kept()).key.publicJwk).toEqual(key.publicJwk);
    expect((await kept({ keyStore: 'file' })).key.publicJwk).toEqual(key.publicJwk);
    expect(await store.read()).toBeUndefined();
  });
});

describe.runIf(service)('a locked keychain', () => {
  afterEach(() => service?.unlock());

  it('does not lose the key that it holds, and takes no new one', async () => {
    onBus(service?.address ?? '');
    const { key } = await kept();
    await service?.lock();
    await expect(kept()).rejects.toMatchObject({ code: 'worker.keychain_unavailable' });
    expect(await readdir(dataDir)).toEqual(['worker-key.json']);
    const fresh = path.join(dataDir, 'fresh');
    expect((await kept({ dataDir: fresh })).store.kind).toBe('file');
    await service?.unlock();
    expect((await kept()).key.publicJwk).toEqual(key.publicJwk);
    expect((await kept({ dataDir: fresh })).store.kind).toBe('file');
  });
});

describe('a worker', () => {
  it.each([['file', NO_BUS] as const, ...(service ? [['keychain', service.address] as const] : [])])(
    'says that its key lies in the %s, and starts again with it',
    async (kind, address) => {
      const plane = await ControlPlaneStub.start();
      const worker = await WorkerUnderTest.create(plane.url);
      try {
        const env = { COORCHAT_KEY_STORE: '', DBUS_SESSION_BUS_ADDRESS: address };
        for (const lines of [1, 2]) {
          worker.start({ env });
          await vi.waitFor(() => expect(plane.lines, worker.output).toHaveLength(lines), { timeout: 30_000 });
          expect(machineFactsOf(AgentCard.fromJSON(plane.line.hello.card))?.keyStore).toBe(kind);
          // The library was in another process: the worker's memory has none of it.
          if (process.platform === 'linux') {
            expect(await readFile(`/proc/${worker.pid}/maps`, 'utf8')).not.toContain('keyring');
          }
          await worker.kill();
        }
        expect(plane.enrolments).toHaveLength(1);
        expect(worker.output).toContain(kind === 'file' ? 'worker-key.pem' : 'Secret Service');
        expect(await readdir(worker.dataDir)).toContain(kind === 'file' ? 'worker-key.pem' : 'worker-key.json');
      } finally {
        await worker.dispose();
        await plane.close();
      }
    },
  );

  it('refuses a store that there is not', async () => {
    const worker = await WorkerUnderTest.create('http://127.0.0.1:9');
    worker.start({ args: ['--key-store', 'cloud'] });
    await vi.waitFor(() => expect(worker.output).toContain('auto, keychain, file'), { timeout: 20_000 });
    await worker.dispose();
  });
});
