import { createHash } from 'node:crypto';
import { createReadStream, openAsBlob } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { AppError, backoffDelayMs, type BackoffPolicy, type Clock, isAppError, systemClock } from '@coorchat/kernel';
import { type BlobReference, BlobStore } from '../attempt/blob-store.port.js';

export interface BlobClientOptions {
  /** `assignment.api`: blobs lie below `/blobs`. */
  readonly url: string;
  readonly token: string;
  readonly fetch?: typeof fetch;
  readonly clock?: Clock;
  readonly backoff?: BackoffPolicy;
  readonly chunkBytes?: number;
}

const BACKOFF: BackoffPolicy = { baseMs: 300, maxMs: 10_000, factor: 2, jitter: 0.3 };
const MAX_FAILURES = 8;
const DEFAULT_CHUNK_BYTES = 8 * 1024 * 1024;
const STALL_MS = 60_000;
const NEVER_USEFUL_AGAIN = new Set([400, 401, 403, 404, 413]);

type RemoteState = { readonly complete: true } | { readonly complete: false; readonly offset: number };

/** Blobs over HTTPS: uploads by offset, downloads by range, each going on where a cut line left it. */
export class BlobClient extends BlobStore {
  readonly #options: BlobClientOptions;
  readonly #clock: Clock;

  constructor(options: BlobClientOptions) {
    super();
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  async has(digest: string, signal: AbortSignal): Promise<boolean> {
    return (await this.#persist(signal, () => this.#state(digest, signal))).complete;
  }

  async upload(path: string, signal: AbortSignal): Promise<BlobReference> {
    const digest = await digestOf(path, signal);
    const { size: bytes } = await stat(path);
    const blob = await openAsBlob(path);
    await this.#persist(signal, async (progressed) => {
      let state = await this.#state(digest, signal);
      while (!state.complete) {
        state = await this.#send(digest, blob, state.offset, signal);
        progressed();
      }
    });
    return { digest, bytes };
  }

  async download(blob: BlobReference, path: string, signal: AbortSignal): Promise<void> {
    const draft = `${path}.part`;
    await rm(draft, { force: true });
    await this.#persist(signal, (progressed) => this.#receive(blob, draft, { signal, progressed }));
    const { size } = await stat(draft);
    if (size !== blob.bytes || (await digestOf(draft, signal)) !== blob.digest) {
      await rm(draft, { force: true });
      throw fault('blob_corrupt', 'unavailable', `The blob ${blob.digest} did not arrive as it was announced.`);
    }
    await rename(draft, path);
  }

  async #state(digest: string, signal: AbortSignal): Promise<RemoteState> {
    const response = await this.#request(digest, { method: 'HEAD' }, signal);
    if (response.status === 404) return { complete: false, offset: 0 };
    refuseUnlessOk(response, digest);
    const offset = response.headers.get('upload-offset');
    return offset === null ? { complete: true } : { complete: false, offset: Number(offset) };
  }

  async #send(digest: string, blob: Blob, offset: number, signal: AbortSignal): Promise<RemoteState> {
    const chunkBytes = this.#options.chunkBytes ?? DEFAULT_CHUNK_BYTES;
    const headers = {
      'content-type': 'application/octet-stream',
      'upload-offset': String(offset),
      'upload-length': String(blob.size),
    };
    const body = blob.slice(offset, offset + chunkBytes);
    const response = await this.#request(digest, { method: 'PATCH', headers, body }, signal);
    if (response.status === 409) return this.#state(digest, signal);
    refuseUnlessOk(response, digest);
    const next = Number(response.headers.get('upload-offset') ?? offset + body.size);
    return response.status === 201 || next >= blob.size ? { complete: true } : { complete: false, offset: next };
  }

  async #receive(
    { digest, bytes }: BlobReference,
    draft: string,
    { signal, progressed }: { readonly signal: AbortSignal; readonly progressed: () => void },
  ): Promise<void> {
    const file = await open(draft, 'a', 0o600);
    try {
      let { size } = await file.stat();
      if (size >= bytes) return;
      const headers = size > 0 ? { range: `bytes=${size}-` } : {};
      const response = await this.#request(digest, { method: 'GET', headers }, signal);
      refuseUnlessOk(response, digest);
      if (size > 0 && response.status !== 206) {
        await file.truncate(0);
        size = 0;
      }
      for await (const chunk of response.body ?? []) {
        size += chunk.byteLength;
        if (size > bytes) throw fault('blob_corrupt', 'invalid', `The blob ${digest} is larger than announced.`);
        await file.write(chunk);
        progressed();
      }
      if (size < bytes) throw fault('blob_cut', 'unavailable', `The line was cut while the blob ${digest} came in.`);
    } finally {
      await file.close();
    }
  }

  /** Tries again after what may pass; `progressed` makes the count of failures start anew. */
  async #persist<T>(signal: AbortSignal, act: (progressed: () => void) => Promise<T>): Promise<T> {
    let failures = 0;
    for (;;) {
      try {
        return await act(() => (failures = 0));
      } catch (error) {
        signal.throwIfAborted();
        if (isAppError(error) && error.kind !== 'unavailable') throw error;
        if (++failures >= MAX_FAILURES) throw unreachable(error);
        await this.#clock.sleep(backoffDelayMs(this.#options.backoff ?? BACKOFF, failures), signal);
      }
    }
  }

  #request(digest: string, init: RequestInit, signal: AbortSignal): Promise<Response> {
    const { url, token } = this.#options;
    return (this.#options.fetch ?? fetch)(`${url}/blobs/${digest}`, {
      ...init,
      headers: { ...init.headers, authorization: `Bearer ${token}` },
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(STALL_MS * 10)]),
    });
  }
}

function refuseUnlessOk({ status, ok }: Response, digest: string): void {
  if (ok) return;
  if (NEVER_USEFUL_AGAIN.has(status)) {
    throw fault('blob_refused', 'precondition', `The control plane refused the blob ${digest} with status ${status}.`);
  }
  throw fault('blob_unavailable', 'unavailable', `The control plane answered ${status} for the blob ${digest}.`);
}

function fault(name: string, kind: AppError['kind'], message: string): AppError {
  return new AppError({ code: `worker.${name}`, kind, message });
}

function unreachable(cause: unknown): AppError {
  if (isAppError(cause)) return cause;
  const message = 'The blobs of the control plane cannot be reached.';
  return new AppError({ code: 'worker.blob_unreachable', kind: 'unavailable', message, cause });
}

async function digestOf(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { signal })) hash.update(chunk as Buffer);
  return `sha256:${hash.digest('hex')}`;
}
