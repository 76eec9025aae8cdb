import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { runProcess } from '@coorchat/git';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  BubblewrapSandbox,
  detectBubblewrap,
  NoSandbox,
  type SandboxSpec,
} from '../../../apps/worker/src/sandbox/index.js';
import { temporaryRoot } from '../toolbox/toolbox-client.js';

const bubblewrap = await detectBubblewrap();
if (!bubblewrap.available) console.warn(`Left out: all tests inside of bubblewrap. ${bubblewrap.reason}`);

let folder: ReturnType<typeof temporaryRoot>;
const at = (...parts: string[]) => join(folder.path, ...parts);

beforeEach(() => {
  folder = temporaryRoot({ 'work/a.txt': 'a', 'shown/b.txt': 'b', secret: 'secret' });
});
afterEach(() => folder.remove());

function spec(script: string, given: Partial<SandboxSpec> = {}): SandboxSpec {
  return {
    command: '/bin/sh',
    args: ['-c', script],
    cwd: at('work'),
    env: { PATH: '/usr/bin:/bin' },
    writable: [at('work')],
    readable: [at('shown')],
    network: false,
    ...given,
  };
}

function sandbox(): BubblewrapSandbox {
  if (!bubblewrap.available) throw new Error(bubblewrap.reason);
  return new BubblewrapSandbox(bubblewrap);
}

async function inside(script: string, given: Partial<SandboxSpec> = {}) {
  const { command, args, env } = sandbox().wrap(spec(script, given));
  const limits = { timeoutMs: 20_000, maxOutputBytes: 1024 * 1024 };
  const { exitCode, stdout, stderr } = await runProcess({ command, args, env, cwd: '/' }, limits);
  return { exitCode, stdout: stdout.toString('utf8'), stderr };
}

describe('the detection of bubblewrap', () => {
  it('says how to get it where it is not', async () => {
    const missing = await detectBubblewrap('/no/such/bwrap');
    expect(missing).toMatchObject({ available: false, reason: expect.stringMatching(/install|Linux/) });
  });

  it('is not content with a program that fails', async () => {
    expect(await detectBubblewrap('false')).toMatchObject({ available: false });
  });
});

describe('no sandbox', () => {
  it('changes nothing but the memory', () => {
    const wrapped = new NoSandbox({ consent: true }).wrap(spec('true'));
    expect(wrapped).toMatchObject({ command: '/bin/sh', args: ['-c', 'true'], env: { PATH: '/usr/bin:/bin' } });
  });
});

describe.runIf(bubblewrap.available)('inside of bubblewrap', () => {
  it('the workspace can be changed, what is shown can be read, and nothing else is there', async () => {
    const script = `cat a.txt ../shown/b.txt; echo new > n.txt; echo x > ../shown/c.txt; cat ../secret; ls -A ..`;
    const { stdout, stderr } = await inside(script);
    expect(stdout).toBe('abshown\nwork\n');
    expect(stderr).toMatch(/shown\/c\.txt: Read-only file system/);
    expect(readFileSync(at('work/n.txt'), 'utf8')).toBe('new\n');
    expect(existsSync(at('shown/c.txt'))).toBe(false);
  });

  it('links of the workspace lead to nothing outside', async () => {
    symlinkSync(at('secret'), at('work/link'));
    expect(await inside('cat link')).toMatchObject({ exitCode: 1, stdout: '' });
    expect(await inside('echo x > link')).toMatchObject({ exitCode: expect.not.stringMatching('0') });
    expect(readFileSync(at('secret'), 'utf8')).toBe('secret');
  });

  it('there is no home of the owner and none of the system’s state', async () => {
    const { stdout } = await inside(
      `for d in ${homedir()} /root /var/lib /run /etc/shadow /etc/passwd /boot; do test -e $d && echo $d; done; ls -A "$HOME"`,
    );
    expect(stdout).toBe('');
  });

  it('the system’s own files cannot be written, and neither can the root', async () => {
    const { stdout } = await inside(
      'for d in /usr/x /etc/x /x /bin/x /var/x; do (echo x > $d) 2>/dev/null && echo $d; done; echo done',
    );
    expect(stdout).toBe('done\n');
  });

  it('no process of the machine is seen, and none can be signalled', async () => {
    const victim = spawn('sleep', ['60']);
    try {
      const { stdout } = await inside(
        `ps -e -o args= ; kill -0 ${victim.pid} && echo rea''ched; ls /proc | grep -c '^[0-9]'`,
      );
      expect(stdout).not.toContain('sleep 60');
      expect(stdout).not.toContain('reached');
      expect(Number(stdout.trim().split('\n').at(-1))).toBeLessThan(8);
    } finally {
      victim.kill('SIGKILL');
    }
  });

  it('the environment is what was given', async () => {
    process.env.COORCHAT_TEST_SECRET = 'secret';
    const { stdout } = await inside('env; cat /proc/1/environ', { env: { PATH: '/usr/bin:/bin', A: 'b' } });
    delete process.env.COORCHAT_TEST_SECRET;
    expect(stdout).not.toContain('secret');
    expect(stdout).toContain('A=b\n');
  });

  it('there is a network only when it is granted', async () => {
    const server = createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const script = `exec 3<>/dev/tcp/127.0.0.1/${port} && cat <&3`;
    const given = { command: '/bin/bash', args: ['-c', script] };
    try {
      expect(await inside('', given)).toMatchObject({ exitCode: 1, stdout: '' });
      expect(await inside('', { ...given, network: true })).toMatchObject({ exitCode: 0, stdout: 'hello' });
    } finally {
      server.close();
    }
  });

  it('there are no privileges and no way to more namespaces', async () => {
    const { stdout } = await inside(
      'grep CapEff /proc/self/status; mount -t tmpfs none /tmp || echo refused; unshare -Ur true || echo refused',
    );
    expect(stdout).toMatch(/^CapEff:\s+0+\nrefused\nrefused\n$/);
  });

  it('memory has a limit where one is given', async () => {
    const hungry = ['-c', 'a = b"x" * (600 * 1024 * 1024)'];
    const given = { command: 'python3', args: hungry, limits: { memoryMb: 300 } };
    expect((await inside('', given)).exitCode).not.toBe(0);
    expect((await inside('', { ...given, limits: {} })).exitCode).toBe(0);
  });

  it('everything ends with the process that was started', async () => {
    const { command, args, env } = sandbox().wrap(spec('sleep 613 & touch started; sleep 613'));
    const child = spawn(command, [...args], { env: { ...env }, stdio: 'ignore' });
    await vi.waitFor(() => expect(existsSync(at('work/started'))).toBe(true));
    child.kill('SIGKILL');
    const running = () => execFileSync('ps', ['-e', '-o', 'args='], { encoding: 'utf8' }).split('\n');
    await vi.waitFor(() => expect(running().filter((line) => line === 'sleep 613')).toEqual([]));
  });
});
