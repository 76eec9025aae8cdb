import { enrolledWorkerSchema, problemSchema } from '@coorchat/contracts';
import { AppError } from '@coorchat/kernel';
import { isLoopback } from '../config/worker-settings.js';
import { CredentialFile, type StoredRegistration } from './credential-file.js';
import { type JsonAnswer, postJson } from './post-json.js';
import { unreachable } from './unreachable.js';
import type { WorkerKey } from './worker-key.js';

export interface EnrolmentOptions {
  readonly url: string;
  readonly name: string;
  readonly dataDir: string;
  readonly key: WorkerKey;
  /** Asked only when this machine is not registered yet. */
  readonly token: () => Promise<string | undefined>;
}

export interface Enrolment {
  readonly registration: StoredRegistration;
  /** Whether a token was exchanged just now. */
  readonly fresh: boolean;
  readonly file: string;
}

const TIMEOUT_MS = 30_000;

/** As what this machine is registered: as before, or now, by the enrolment token and its key. */
export async function enrol(options: EnrolmentOptions): Promise<Enrolment> {
  const file = new CredentialFile(options.dataDir);
  const stored = await file.read();
  if (stored) {
    refuseForeign(stored, options.url, file.path);
    return { registration: { ...stored, url: options.url }, fresh: false, file: file.path };
  }
  const token = (await options.token())?.trim();
  if (!token) throw noToken();
  const enrolled = await exchange(options, token);
  const registration: StoredRegistration = { version: 2, url: options.url, name: options.name, ...enrolled };
  await file.write(registration);
  return { registration, fresh: true, file: file.path };
}

/** Tokens are asked of the control plane that registered the worker; on this machine alone the port may change. */
export function refuseForeign(stored: StoredRegistration, url: string, path: string): void {
  if (stored.url === url) return;
  const [before, now] = [new URL(stored.url), new URL(url)];
  if (before.origin === now.origin || (isLoopback(before) && isLoopback(now))) return;
  const message = `This worker belongs to ${stored.url}, not to ${url}. Use another data folder (--data-dir), or remove ${path} to enrol anew.`;
  throw new AppError({ code: 'worker.other_control_plane', kind: 'precondition', message });
}

async function exchange(options: EnrolmentOptions, token: string) {
  const { status, body } = await post(options, token);
  if (status < 200 || status > 299) throw refused(status, body);
  const parsed = enrolledWorkerSchema.safeParse(body);
  if (parsed.success) return parsed.data;
  const message = `${options.url} did not answer like a CoorChat control plane. Check --url.`;
  throw new AppError({ code: 'worker.enrolment_failed', kind: 'unavailable', message });
}

async function post({ url, name, key }: EnrolmentOptions, token: string): Promise<JsonAnswer> {
  try {
    const body = { token, name, proof: await key.enrolmentProof(token) };
    return await postJson({ url: `${url}/v1/workers/enrol`, body, timeoutMs: TIMEOUT_MS });
  } catch (error) {
    throw new AppError({
      code: 'worker.enrolment_failed',
      kind: 'unavailable',
      message: unreachable(url, error),
      cause: error,
    });
  }
}

function refused(status: number, body: unknown): AppError {
  const problem = problemSchema.safeParse(body);
  const said = problem.success ? problem.data.detail : `status ${status}`;
  const next = 'An enrolment token works once and for a limited time; ask for a new one (POST /v1/enrolment-tokens).';
  const message = `The control plane refused the enrolment: ${said} ${status < 500 ? next : 'Try again later.'}`;
  return new AppError({
    code: 'worker.enrolment_refused',
    kind: status < 500 ? 'unauthenticated' : 'unavailable',
    message,
  });
}

function noToken(): AppError {
  const message =
    'This machine is not enrolled yet. Give an enrolment token: --token-file <file>, --token-stdin, or COORCHAT_ENROLMENT_TOKEN.';
  return new AppError({ code: 'worker.no_enrolment_token', kind: 'unauthenticated', message });
}

/** What a person has to do when the control plane no longer knows this worker. */
export function revoked(dataDir: string): AppError {
  const { path } = new CredentialFile(dataDir);
  const message = `The control plane no longer accepts this worker: it was removed. To enrol it anew, remove ${path} and start it with a new enrolment token.`;
  return new AppError({ code: 'worker.credential_revoked', kind: 'unauthenticated', message });
}
