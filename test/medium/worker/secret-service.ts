import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A session of a desktop as far as a keychain needs one: a bus, and gnome-keyring unlocked. */
export class SecretService {
  private constructor(
    private readonly folder: string,
    private readonly processes: ChildProcess[],
    /** For `DBUS_SESSION_BUS_ADDRESS`. */
    readonly address: string,
  ) {}

  /** Undefined where dbus or gnome-keyring is not installed. */
  static async start(): Promise<SecretService | undefined> {
    const folder = await mkdtemp(path.join(tmpdir(), 'keyring-'));
    const address = `unix:path=${path.join(folder, 'bus')}`;
    const options = { env: { PATH: process.env.PATH, HOME: folder, DBUS_SESSION_BUS_ADDRESS: address } };
    const service = new SecretService(folder, [], address);
    try {
      const bus = await running(
        spawn('dbus-daemon', ['--session', '--nofork', '--print-address=1', `--address=${address}`], options),
      );
      service.processes.push(bus);
      const args = ['--foreground', '--unlock', '--components=secrets', `--control-directory=${folder}`];
      const keyring = spawn('gnome-keyring-daemon', args, options);
      keyring.stdin.end('password of the test');
      service.processes.push(await running(keyring));
      return service;
    } catch {
      await service.stop();
      return undefined;
    }
  }

  async stop(): Promise<void> {
    for (const child of this.processes.splice(0).reverse()) {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Until it has said its first line. @throws when it is not installed, or ends */
async function running(child: ChildProcess): Promise<ChildProcess> {
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('it ended')));
  ended.catch(() => undefined);
  await Promise.race([once(child.stdout ?? child, 'data'), ended]);
  return child;
}
