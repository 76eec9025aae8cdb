import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type OutboundEntry, parseOutboundEntry } from '../../../src/platform/config/index.js';
import { Remotes } from '../../../src/repository/remotes.service.js';
import { testConfig } from '../../support/test-config.js';
import { type Folder, newRepository, temporaryFolder, userGit } from '../git/git-fixture.js';

const LOOPBACK = '127.0.0.0/8';

let folder: Folder;
const at = (name: string) => join(folder.path, name);
let server: Server;
let port: number;
let seen: string[];

beforeAll(async () => {
  folder = temporaryFolder('remotes');
  newRepository(at('here'), {});
  newRepository(at('origin'), {});
  userGit(at('origin'), 'tag', 'v1');
  userGit(at('origin'), 'update-server-info');
  server = createServer((request, response) => {
    seen.push(`${request.headers.host}${request.url}`);
    if (request.url?.startsWith('/moved/')) {
      response.writeHead(302, { location: `http://inside.example:${port}${request.url.replace('moved', 'there')}` });
      return response.end();
    }
    const served = at(`origin/.git/${request.url?.split('?')[0]?.replace('/served/shop/', '') ?? ''}`);
    if (request.url?.startsWith('/served/') && existsSync(served)) return response.end(readFileSync(served));
    return response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => {
  server.close();
  folder.remove();
});
afterEach(() => vi.unstubAllEnvs());

/** Remotes whose names lead, one look-up after the other, to these addresses; names of `.example` exist nowhere else. */
function remotes(allowed: string[], ...lookups: string[][]) {
  seen = [];
  class WithNames extends Remotes {
    protected override readonly resolve = async () => lookups.shift() ?? [];
  }
  const outboundAllow = allowed.map(parseOutboundEntry).filter((entry): entry is OutboundEntry => entry !== undefined);
  const room = new WithNames(testConfig({ outboundAllow }));
  return (url: string) => room.run({ url, gitDir: at('here/.git'), args: (remote) => ['ls-remote', remote] });
}

const refused = expect.objectContaining({ code: 'repository.private_remote_refused' });
const failed = expect.objectContaining({ code: 'repository.push_failed' });

describe('git against a remote', () => {
  it('calls the address that was judged, and looks nothing up itself', async () => {
    const call = remotes([LOOPBACK], ['127.0.0.1'], ['10.9.9.9']);
    await expect(call(`http://git.example:${port}/acme/shop.git`)).rejects.toEqual(failed);
    expect(seen).toEqual([`git.example:${port}/acme/shop.git/info/refs?service=git-upload-pack`]);
  });

  it('gets what it asked for', async () => {
    const call = remotes([LOOPBACK], ['127.0.0.1']);
    expect(await call(`http://git.example:${port}/served/shop`)).toContain('refs/tags/v1');
  });

  it.each(['GIT.example', 'git.example.', 'git%2Eexample'])('calls it for the spelling %s, too', async (host) => {
    const call = remotes([LOOPBACK], ['127.0.0.1']);
    await expect(call(`http://${host}:${port}/acme/shop`)).rejects.toEqual(failed);
    expect(seen).toHaveLength(1);
  });

  it('follows no redirect', async () => {
    const call = remotes([LOOPBACK], ['127.0.0.1']);
    await expect(call(`http://git.example:${port}/moved/shop`)).rejects.toEqual(failed);
    expect(seen).toHaveLength(1);
  });

  it.each([
    ['https://inside.example/shop', '10.0.0.1'],
    ['https://inside.example/shop', '::ffff:169.254.169.254'],
    ['https://inside.example/shop', '64:ff9b::a00:1'],
    ['ssh://git@inside.example/shop', '127.0.0.1'],
    ['git@inside.example:acme/shop', 'fd00::1'],
    ['http://public.example/shop', '8.8.8.8'],
  ])('is not let to %s at %s', async (url, address) => {
    await expect(remotes([], [address])(url)).rejects.toEqual(refused);
  });

  it('is not deceived about the host by a backslash', async () => {
    const call = remotes([], ['10.0.0.1']);
    await expect(call(`https://inside.example\\@127.0.0.1:${port}/shop`)).rejects.toEqual(refused);
    const pinned = remotes([`git.example:${port}`], ['127.0.0.1']);
    await expect(pinned(`http://git.example:${port}\\@10.0.0.1/shop`)).rejects.toEqual(failed);
    expect(seen[0]).toMatch(new RegExp(`^git.example:${port}/`));
  });

  it('says what to do when the name has no address', async () => {
    await expect(remotes([], [])('https://nowhere.example/shop')).rejects.toThrow('it has no address');
  });
});

describe('git over ssh', () => {
  it('calls the address that was judged, under the name for its keys', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const host = createTcpServer((socket) => {
      socket.once('data', (data) => {
        resolve(data.toString());
        socket.destroy();
      });
      socket.on('error', () => undefined);
      socket.write('SSH-2.0-none\r\n');
    });
    await new Promise<void>((done) => host.listen(0, '127.0.0.1', done));
    const { port: sshPort } = host.address() as AddressInfo;
    const call = remotes([LOOPBACK], ['127.0.0.1']);
    await expect(call(`ssh://git@git.example:${sshPort}/acme/shop`)).rejects.toEqual(failed);
    expect(await promise).toMatch(/^SSH-2\.0-OpenSSH/);
    host.close();
  });

  it("keeps the operator's own ssh command", async () => {
    writeFileSync(at('ssh'), `#!/bin/sh\necho "$@" >> '${at('ssh.log')}'\nexit 255\n`, { mode: 0o755 });
    vi.stubEnv('GIT_SSH_COMMAND', `'${at('ssh')}' -i key`);
    const call = remotes(['git.example:2222'], ['10.0.0.7']);
    await expect(call('ssh://git@git.example:2222/acme/shop')).rejects.toEqual(failed);
    await expect(remotes(['git.example'], ['fd00::7'])('git@git.example:acme/shop')).rejects.toEqual(failed);
    const log = readFileSync(at('ssh.log'), 'utf8');
    expect(log).toContain('-i key -o HostName=10.0.0.7 -o HostKeyAlias=[git.example]:2222');
    expect(log).toContain('-i key -o HostName=fd00::7 -o HostKeyAlias=git.example');
  });

  it('refuses logins in which git would read another host', async () => {
    const call = remotes(['git.example'], ['10.0.0.7']);
    await expect(call('ssh://10.0.0.1%2Fx@git.example/acme/shop')).rejects.toThrow('no valid login');
  });
});

it('still serves folders', async () => {
  const origin = at('origin');
  const room = new Remotes(testConfig({ git: { allowFileRemotes: true } }));
  const told = await room.run({ url: `file://${origin}`, gitDir: at('here/.git'), args: (url) => ['ls-remote', url] });
  expect(told).toContain('refs/tags/v1');
});
