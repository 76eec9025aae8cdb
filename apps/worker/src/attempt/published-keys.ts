import { AppError } from '@coorchat/kernel';
import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose';
import { httpCall } from '../enrolment/http-call.js';

const TIMEOUT_MS = 10_000;
/** A key that is not known yet is looked for, but not more often than this. */
const COOLDOWN_MS = 2_000;
const MAX_AGE_MS = 10 * 60 * 1_000;

interface KeySet {
  readonly find: JWTVerifyGetKey;
  readonly kids: ReadonlySet<string | undefined>;
  readonly readAt: number;
}

/**
 * The keys that a control plane publishes, read when they are needed first and again when one is not among them. Not
 * jose's own reader: it uses `fetch`, whose eight megabytes would stay for as long as the worker lives.
 */
export class PublishedKeys {
  #set: KeySet | undefined;
  #reading: Promise<KeySet> | undefined;

  constructor(private readonly url: string) {}

  /** @throws AppError `worker.keys_unavailable` */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    const set = await this.#setFor(header.kid);
    return set.find(header, token);
  };

  async #setFor(kid: string | undefined): Promise<KeySet> {
    const known = this.#set;
    if (!known) return this.#read();
    const ageMs = performance.now() - known.readAt;
    return ageMs > MAX_AGE_MS || (!known.kids.has(kid) && ageMs > COOLDOWN_MS) ? this.#read() : known;
  }

  #read(): Promise<KeySet> {
    this.#reading ??= this.#readNow().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #readNow(): Promise<KeySet> {
    const { createLocalJWKSet } = await import('jose');
    const { status, body } = await httpCall({ url: this.url, method: 'GET', timeoutMs: TIMEOUT_MS });
    if (status !== 200 || !isKeySet(body)) {
      const message = `${this.url} answers ${status} and no keys.`;
      throw new AppError({ code: 'worker.keys_unavailable', kind: 'unavailable', message });
    }
    this.#set = {
      find: createLocalJWKSet(body),
      kids: new Set(body.keys.map(({ kid }) => kid)),
      readAt: performance.now(),
    };
    return this.#set;
  }
}

function isKeySet(body: unknown): body is JSONWebKeySet {
  return Array.isArray((body as Partial<JSONWebKeySet> | undefined)?.keys);
}
