import { spawn } from 'node:child_process';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { AppError, messageOf } from '@coorchat/kernel';
import { z } from 'zod';
import type { KeyStore } from './key-store.js';

export interface KeychainCall {
  readonly operation: 'read' | 'write' | 'remove';
  readonly service: string;
  readonly account: string;
  readonly secret?: string;
}

const answerSchema = z.object({ secret: z.string().optional(), error: z.string().optional() });
export type KeychainAnswer = z.infer<typeof answerSchema>;

export interface KeychainOptions {
  /** Tells the entries of several workers of one person apart. */
  readonly account: string;
  readonly timeoutMs: number;
  readonly platform?: NodeJS.Platform;
}

const SERVICE = 'coorchat-worker';
const NAMES: Partial<Record<NodeJS.Platform, string>> = {
  darwin: 'macOS Keychain',
  win32: 'Windows Credential Manager',
};
/** Beside this file, with its ending: sources have another one than what is built. */
const PROGRAM = path.join(import.meta.dirname, `keychain-program${path.extname(import.meta.filename)}`);

/**
 * The key in the operating system's own store: Windows Credential Manager (DPAPI), macOS Keychain, Secret Service. Each
 * access is a short process, which is ended when it takes too long; none of the library stays in the worker's memory.
 */
export class Keychain implements KeyStore {
  readonly kind = 'keychain';
  readonly place: string;

  constructor(private readonly options: KeychainOptions) {
    const name = NAMES[options.platform ?? process.platform] ?? 'Secret Service';
    this.place = `${name}, entry "${SERVICE}" of ${options.account}`;
  }

  async read(): Promise<string | undefined> {
    return (await this.#call({ operation: 'read' })).secret;
  }

  async write(secret: string): Promise<void> {
    await this.#call({ operation: 'write', secret });
  }

  async remove(): Promise<void> {
    await this.#call({ operation: 'remove' });
  }

  async #call(call: Pick<KeychainCall, 'operation' | 'secret'>): Promise<KeychainAnswer> {
    const { account, timeoutMs } = this.options;
    const answer = await run({ ...call, service: SERVICE, account }, timeoutMs).catch(unavailable);
    if (answer.error !== undefined) return unavailable(answer.error);
    return answer;
  }
}

async function run(call: KeychainCall, timeoutMs: number): Promise<KeychainAnswer> {
  const signal = AbortSignal.timeout(timeoutMs);
  const child = spawn(process.execPath, [PROGRAM], {
    stdio: ['pipe', 'pipe', 'ignore'],
    signal,
    killSignal: 'SIGKILL',
    windowsHide: true,
  });
  const ended = new Promise<never>((_, reject) => child.once('error', reject));
  // It may be gone before it has read.
  child.stdin.on('error', () => undefined).end(JSON.stringify(call));
  const said = await Promise.race([text(child.stdout), ended]).catch((error: unknown) => {
    throw signal.aborted ? new Error(`no answer within ${timeoutMs / 1_000} s`) : error;
  });
  return answerSchema.parse(said === '' ? { error: 'no answer' } : JSON.parse(said));
}

function unavailable(why: unknown): never {
  const message = `The operating system's keychain cannot be used (${typeof why === 'string' ? why : messageOf(why)}).`;
  throw new AppError({ code: 'worker.keychain_unavailable', kind: 'unavailable', message });
}
