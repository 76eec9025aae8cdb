import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CredentialFile } from '../../../apps/worker/src/enrolment/credential-file.js';
import { WorkerKey } from '../../../apps/worker/src/enrolment/worker-key.js';
import { enrol } from '../../../apps/worker/src/enrolment/enrolment.js';
import { DataDirLock } from '../../../apps/worker/src/process/data-dir-lock.js';
import { ControlPlaneStub, TOKEN } from './control-plane.stub.js';

let dir: string;
let plane: ControlPlaneStub;

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'enrol-'));
  plane = await ControlPlaneStub.start();
});
afterEach(async () => {
  await plane.close();
  await rm(dir, { recursive: true, force: true });
});

const enrolAt = (url: string, token: string | undefined = TOKEN) =>
  enrol({ url, name: 'w', dataDir: dir, key: WorkerKey.generate(), token: async () => token });

describe('enrol', () => {
  it('exchanges the token once and remembers as what it is registered', async () => {
    expect(await enrolAt(plane.url)).toMatchObject({ fresh: true, registration: { workerId: plane.workerId } });
    expect(await enrolAt(plane.url, 'another')).toMatchObject({ fresh: false });
    expect(plane.enrolments).toHaveLength(1);
    expect((await stat(new CredentialFile(dir).path)).mode & 0o777).toBe(0o600);
  });

  it('asks no other control plane for tokens, but lets a local one change its port', async () => {
    await enrolAt(plane.url);
    await expect(enrolAt('https://evil.example')).rejects.toMatchObject({ code: 'worker.other_control_plane' });
    expect((await enrolAt('http://localhost:1')).registration.url).toBe('http://localhost:1');
  });

  it('says what to do without a token, with a bad one, and when nobody answers', async () => {
    await expect(enrolAt(plane.url, '')).rejects.toMatchObject({ code: 'worker.no_enrolment_token' });
    await expect(enrolAt(plane.url, 'wrong')).rejects.toThrow(/The token was used before\..*ask for a new one/);
    await expect(enrolAt('http://127.0.0.1:9')).rejects.toThrow(/cannot be reached/);
  });

  it('does not guess about a damaged file', async () => {
    await writeFile(new CredentialFile(dir).path, '{');
    await expect(enrolAt(plane.url)).rejects.toMatchObject({ code: 'worker.bad_credential_file' });
  });
});

describe('DataDirLock', () => {
  it('takes over from a process that is gone, also when its number lives again', async () => {
    await writeFile(path.join(dir, 'worker.lock'), '999999 1');
    await (await DataDirLock.acquire(dir)).release();
    await writeFile(path.join(dir, 'worker.lock'), `${process.ppid} 1`);
    await (await DataDirLock.acquire(dir)).release();
  });
});
