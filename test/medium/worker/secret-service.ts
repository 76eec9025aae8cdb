import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A session of a desktop as far as a keychain needs one: a bus, and gnome-keyring unlocked. */
export class SecretService {
  #bus: ChildProcess | undefined;
  #keyring: ChildProcess | undefined;

  private constructor(
    private readonly folder: string,
    /** For `DBUS_SESSION_BUS_ADDRESS`. */
    readonly address: string,
  ) {}

  /** Undefined where dbus or gnome-keyring is not installed. */
  static async start(): Promise<SecretService | undefined> {
    const folder = await mkdtemp(path.join(tmpdir(), 'keyring-'));
    const service = new SecretService(folder, `unix:path=${path.join(folder, 'bus')}`);
    try {
      const args = ['--session', '--nofork', '--print-address=1', `--address=${service.address}`];
      service.#bus = await service.#run('dbus-daemon', args);
      await service.unlock();
      return service;
    } catch {
      await service.stop();
      return undefined;
    }
  }

  /** As after a start of the machine, before anybody has signed in. */
  lock(): Promise<void> {
    return this.#open([]);
  }

  unlock(): Promise<void> {
    return this.#open(['--unlock']);
  }

  async stop(): Promise<void> {
    await ended(this.#keyring);
    await ended(this.#bus);
    await rm(this.folder, { recursive: true, force: true });
  }

  async #open(how: readonly string[]): Promise<void> {
    await ended(this.#keyring);
    const args = ['--foreground', '--components=secrets', `--control-directory=${this.folder}`, ...how];
    this.#keyring = await this.#run('gnome-keyring-daemon', args);
  }

  /** Until it has said its first line. @throws when it is not installed, or ends */
  async #run(command: string, args: readonly string[]): Promise<ChildProcess> {
    const env = { PATH: process.env.PATH, HOME: this.folder, DBUS_SESSION_BUS_ADDRESS: this.address };
    const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'ignore'] });
    const gone = once(child, 'exit').then(() => Promise.reject(new Error('it ended')));
    gone.catch(() => undefined);
    child.stdin.on('error', () => undefined).end('password of the test');
    await Promise.race([once(child.stdout, 'data'), gone]);
    return child;
  }
}

async function ended(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
